import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { whyPrivate } from '@kaito-sdk/core';

/** A connection that is not made, because it would lead where data is not fetched from. */
export class PrivateAddress extends Error {}

/**
 * Looks a name up and refuses it when any of its addresses is private. The socket connects to what this answers, so that a name that is
 * given another address between the look and the connection gains nothing.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, '', 0);
    for (const { address, family } of found) {
      const why = whyPrivate(family === 6 ? `[${address}]` : address);
      if (why !== undefined) return callback(new PrivateAddress(`${hostname} leads to ${why}`), '', 0);
    }
    if (options.all) return callback(null, found);
    const [first] = found;
    if (!first) return callback(new Error(`${hostname} has no address`), '', 0);
    callback(null, first.address, first.family);
  });
};
