/** The shapes of names that Kubernetes allows, each with the sentence the real server refuses others with. */
export interface NameRule {
  /** What is wrong with `name`, one sentence a fault; empty when nothing is. */
  problems(name: string): string[];
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const subdomain = `${label}(\\.${label})*`;
const subdomainPattern = new RegExp(`^${subdomain}$`);
const dns1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const dns1035Pattern = new RegExp(`^${dns1035}$`);

const tooLong = (most: number): string => `must be no more than ${most} bytes`;

/** RFC 1123 subdomain, at most 253 bytes: the names of most kinds. */
export const dnsSubdomain: NameRule = {
  problems(name) {
    const found: string[] = [];
    if (name.length > 253) found.push(tooLong(253));
    if (!subdomainPattern.test(name)) {
      found.push(
        `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`,
      );
    }
    return found;
  },
};

/** RFC 1123 label, at most 63 bytes: namespaces, containers, volumes, ports. */
export const dnsLabel: NameRule = {
  problems(name) {
    const found: string[] = [];
    if (name.length > 63) found.push(tooLong(63));
    if (!labelPattern.test(name)) {
      found.push(
        `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`,
      );
    }
    return found;
  },
};

/** RFC 1035 label: Services. */
export const dns1035Label: NameRule = {
  problems(name) {
    const found: string[] = [];
    if (name.length > 63) found.push(tooLong(63));
    if (!dns1035Pattern.test(name)) {
      found.push(
        `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${dns1035}')`,
      );
    }
    return found;
  },
};

/** Anything that fits between two slashes: the names of RBAC kinds. */
export const pathSegment: NameRule = {
  problems(name) {
    if (name === '.' || name === '..') return [`may not be '${name}'`];
    return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`);
  },
};

const qualifiedNamePart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const qualifiedPattern = new RegExp(`^${qualifiedNamePart}$`);

/** `[prefix/]name`: keys of labels and annotations, condition types, finalizers. */
export const qualifiedName: NameRule = {
  problems(key) {
    const parts = key.split('/');
    const found: string[] = [];
    const form = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedNamePart}')`;
    let name = key;
    if (parts.length === 2) {
      const [prefix = '', rest = ''] = parts;
      name = rest;
      if (prefix === '') found.push('prefix part must be non-empty');
      else found.push(...dnsSubdomain.problems(prefix).map((problem) => `prefix part ${problem}`));
    } else if (parts.length > 2) {
      return [
        `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedNamePart}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ];
    }
    if (name === '') found.push('name part must be non-empty');
    else if (name.length > 63) found.push(`name part ${tooLong(63)}`);
    if (!qualifiedPattern.test(name)) found.push(form);
    return found;
  },
};

const labelValuePattern = new RegExp(`^(${qualifiedNamePart})?$`);

/** Values of labels. */
export const labelValue: NameRule = {
  problems(value) {
    const found: string[] = [];
    if (value.length > 63) found.push(tooLong(63));
    if (!labelValuePattern.test(value)) {
      found.push(
        `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualifiedNamePart})?')`,
      );
    }
    return found;
  },
};
