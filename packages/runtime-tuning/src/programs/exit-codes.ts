/** How programs say that trying again is of no use: what is wrong is in the data, the settings or the model. Python's trainer has the same. */
export const FINAL_EXIT = 2;
