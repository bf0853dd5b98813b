/** A Hugging Face folder that the converter refuses. It never guesses: what it does not know for certain it does not write. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}
