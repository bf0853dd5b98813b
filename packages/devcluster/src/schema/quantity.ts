const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const nano = 1_000_000_000n;

interface Parsed {
  readonly nanos: bigint;
  readonly form: 'decimal' | 'binary' | 'exponent';
}

function parse(text: string): Parsed | undefined {
  const found = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)((?:[eE][+-]?\d+)|[numkMGTPE]|[KMGTPE]i)?$/.exec(text);
  if (!found) return undefined;
  const [, sign, digits = '', suffix = ''] = found;
  const [whole = '', fraction = ''] = digits.split('.');
  let scale = nano;
  let form: Parsed['form'] = 'decimal';
  let exponent = 0;
  if (/^[eE][+-]?\d/.test(suffix)) {
    form = 'exponent';
    exponent = Number(suffix.slice(1));
    if (Math.abs(exponent) > 36) return undefined;
  } else if (suffix.endsWith('i')) {
    form = 'binary';
    scale = nano * 1024n ** BigInt(binarySuffixes.indexOf(suffix as 'Ki'));
  } else exponent = 3 * (decimalSuffixes.indexOf(suffix as 'k') - 3);
  let nanos = BigInt(whole + fraction || '0') * scale;
  const shift = exponent - fraction.length;
  if (shift >= 0) nanos *= 10n ** BigInt(shift);
  else {
    const divisor = 10n ** BigInt(-shift);
    // What is smaller than a nano is rounded up, as Kubernetes does.
    nanos = (nanos + divisor - 1n) / divisor;
  }
  return { nanos: sign === '-' ? -nanos : nanos, form };
}

/** The one spelling that the API server gives back: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`. `undefined` for what is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  const { nanos } = parsed;
  if (nanos === 0n) return '0';
  const negative = nanos < 0n;
  const magnitude = negative ? -nanos : nanos;
  const body =
    parsed.form === 'binary' && magnitude >= 1024n * nano && magnitude % nano === 0n
      ? binary(magnitude / nano)
      : decimal(magnitude, parsed.form === 'exponent');
  return negative ? `-${body}` : body;
}

/** The value as a number, for comparing and adding; precise enough for that up to 2^53 thousandths. */
export function quantityValue(text: string): number {
  const parsed = parse(text);
  return parsed === undefined ? Number.NaN : Number(parsed.nanos) / 1e9;
}

function binary(value: bigint): string {
  let rest = value;
  let step = 0;
  while (rest % 1024n === 0n && step < binarySuffixes.length - 1) {
    rest /= 1024n;
    step++;
  }
  return `${rest}${binarySuffixes[step]}`;
}

function decimal(nanos: bigint, exponent: boolean): string {
  let rest = nanos;
  let step = 0;
  while (rest % 1000n === 0n && step < decimalSuffixes.length - 1) {
    rest /= 1000n;
    step++;
  }
  if (!exponent) return `${rest}${decimalSuffixes[step]}`;
  const power = 3 * (step - 3);
  return power === 0 ? String(rest) : `${rest}e${power}`;
}
