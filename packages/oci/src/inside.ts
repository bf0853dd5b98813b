import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ociError } from './errors.js';

/** RFC 6890: this host, private use, shared, loopback, link-local; of IPv6 the same, and IPv4 behind 64:ff9b::/96. */
const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  inside.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['64:ff9b::a00:0', 104],
  ['64:ff9b::7f00:0', 104],
  ['64:ff9b::a9fe:0', 112],
  ['64:ff9b::ac10:0', 108],
  ['64:ff9b::c0a8:0', 112],
] as const) {
  inside.addSubnet(net, bits, 'ipv6');
}

/** Where clouds hand out credentials to whoever asks. No registry is there. */
const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

const holds = (list: BlockList, address: string): boolean => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Looks up the addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemLookup: Lookup = (hostname) =>
  new Promise((resolve, reject) => {
    dnsLookup(hostname, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });

/**
 * What a registry on the internet must not do: send its reader, by a redirect or by the place of its token service, to an address of the
 * cluster, of the machine or of the cloud's metadata. A registry that is at such an address itself may. Metadata services are asked by
 * nobody's order.
 */
export class Inside {
  constructor(private readonly lookup: Lookup = systemLookup) {}

  /** Throws `ADDRESS_FORBIDDEN` for an address that stands in the URL itself. */
  async refuse(url: URL, onBehalfOf: string | undefined): Promise<void> {
    const host = bare(url.hostname);
    if (isIP(host) !== 0) await this.#judge(url.hostname, host, onBehalfOf);
  }

  /**
   * For the socket, which connects to what this answers: a name that is given another address between a look and the connection gains
   * nothing.
   */
  guard(onBehalfOf: string | undefined): LookupFunction {
    return (hostname, options, callback) => {
      const judged = async () => {
        const found = await this.lookup(hostname);
        for (const { address } of found) await this.#judge(hostname, address, onBehalfOf);
        return found;
      };
      judged().then(
        (found) => {
          const [first] = found;
          if (options.all) callback(null, [...found]);
          else if (first) callback(null, first.address, first.family);
          else callback(new Error(`${hostname} has no address`), '', 0);
        },
        (error) => callback(error, '', 0),
      );
    };
  }

  async #judge(host: string, address: string, onBehalfOf: string | undefined): Promise<void> {
    const home = onBehalfOf === undefined ? host : bare(new URL(`http://${onBehalfOf}`).hostname);
    if (holds(linkLocal, address)) throw ociError('ADDRESS_FORBIDDEN', home, host, address);
    if (bare(host) === home || !holds(inside, address)) return;
    if (!(await this.#isInside(home))) throw ociError('ADDRESS_FORBIDDEN', home, host, address);
  }

  async #isInside(host: string): Promise<boolean> {
    const found = isIP(host) === 0 ? await this.lookup(host) : [{ address: host }];
    return found.some(({ address }) => holds(inside, address));
  }
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
