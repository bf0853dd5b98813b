import { expect } from 'chai';
import { Container, token } from '../../dist/plugin/container.js';

interface Engine {
  readonly name: string;
}
const ENGINE = token<Engine>('test.engine');
const SIZE = token<number>('test.size');

describe('container', () => {
  it('gives the same token for the same name, as two copies of the package would', () => {
    expect(token<Engine>('test.engine')).to.equal(ENGINE);
  });

  it('makes a factory once, when it is first asked for', () => {
    let made = 0;
    const container = new Container().factory(ENGINE, () => ({ name: `engine ${++made}` }));
    expect(made).to.equal(0);
    expect([container.resolve(ENGINE).name, container.resolve(ENGINE).name]).to.deep.equal(['engine 1', 'engine 1']);
  });

  it('builds a class from the tokens it names, without decorators or metadata', () => {
    class Car {
      static readonly inject = [ENGINE, SIZE] as const;
      constructor(
        readonly engine: Engine,
        readonly size: number,
      ) {}
    }
    const container = new Container().value(ENGINE, { name: 'v8' }).value(SIZE, 4);
    const car = container.build(Car);
    expect([car.engine.name, car.size]).to.deep.equal(['v8', 4]);
  });

  it('closes what it made in reverse order, and only that, and only once', async () => {
    const closed: string[] = [];
    const OTHER = token<string>('test.other');
    const UNUSED = token<string>('test.unused');
    const container = new Container()
      .factory(
        ENGINE,
        () => ({ name: 'e' }),
        async () => void closed.push('engine'),
      )
      .factory(
        OTHER,
        (c) => c.resolve(ENGINE).name,
        () => void closed.push('other'),
      )
      .factory(
        UNUSED,
        () => 'x',
        () => void closed.push('unused'),
      );
    container.resolve(OTHER);
    await container.close();
    await container.close();
    // `other` asked for the engine while it was being made, so the engine was made first.
    expect(closed).to.deep.equal(['other', 'engine']);
  });

  it('keeps two containers apart', () => {
    new Container().value(SIZE, 1);
    expect(new Container().has(SIZE)).to.equal(false);
  });

  it('names the token that nobody registered', () => {
    expect(() => new Container().resolve(token('test.nobody'))).to.throw(/test\.nobody/);
  });
});
