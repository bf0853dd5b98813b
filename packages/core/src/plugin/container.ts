import 'reflect-metadata';
import { type DependencyContainer, instanceCachingFactory, container as root } from 'tsyringe';

declare const type: unique symbol;

/** Names a dependency and its type. A symbol, so that two packages can never mean different things by one string. */
export type Token<T> = symbol & { readonly [type]?: T };

/** `token<NodeProvisioner>('kaito.provisioner')`; the same name gives the same token in every copy of this package. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`kaito-sdk:${name}`) as Token<T>;
}

/** A class that says what its constructor takes. No decorator and no emitted metadata is needed, so any transpiler will do. */
export interface Injected<T, A extends readonly unknown[]> {
  new (...dependencies: A): T;
  readonly inject: { readonly [I in keyof A]: Token<A[I]> };
}

/**
 * The composition root's container: tsyringe with typed tokens, lazy singletons, and closing in reverse order of making, awaited
 * (tsyringe's own disposal is neither ordered nor aware of values it did not construct).
 */
export class Container {
  private readonly inner: DependencyContainer = root.createChildContainer();
  private readonly closers: (() => void | Promise<void>)[] = [];

  /** Registers a ready value. The last registration of a token wins. */
  value<T>(token: Token<T>, value: T): this {
    this.inner.register(token, { useValue: value });
    return this;
  }

  /** Registers a lazy singleton. */
  factory<T>(token: Token<T>, make: (container: Container) => T, close?: (made: T) => void | Promise<void>): this {
    const useFactory = instanceCachingFactory(() => {
      const made = make(this);
      if (close) this.closers.push(() => close(made));
      return made;
    });
    this.inner.register<T>(token, { useFactory });
    return this;
  }

  resolve<T>(token: Token<T>): T {
    return this.inner.resolve<T>(token);
  }

  has(token: Token<unknown>): boolean {
    return this.inner.isRegistered(token);
  }

  /** Constructs a class from the tokens it names in `static inject`. */
  build<T, A extends readonly unknown[]>(injected: Injected<T, A>): T {
    const dependencies = injected.inject.map((one) => this.resolve(one as Token<unknown>));
    return new injected(...(dependencies as unknown as A));
  }

  /** Closes what factories made, the newest first. Called again it does nothing. */
  async close(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close();
  }
}
