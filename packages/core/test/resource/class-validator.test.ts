import 'reflect-metadata';
import { expect } from 'chai';
import * as cv from 'class-validator';
import { Field, operatorOnlyChecks, schemaOf, validate } from '../../dist/resource/index.js';

type Decorator = (prototype: object, property: string) => void;

/** The schema of a field with these decorators, and whether it is required. */
function schemaWith(...decorators: Decorator[]): object {
  class Holder {}
  for (const decorator of decorators) decorator(Holder.prototype, 'field');
  const schema = schemaOf(Holder);
  return { ...schema.properties?.field, ...(schema.required?.includes('field') ? {} : { optional: true }) };
}

enum Colour {
  Red = 'red',
  Blue = 'blue',
}

describe('class-validator decorators', () => {
  const table: [string, Decorator[], object][] = [
    ['IsString', [cv.IsString()], { type: 'string' }],
    ['IsInt', [cv.IsInt()], { type: 'integer' }],
    ['IsNumber', [cv.IsNumber()], { type: 'number' }],
    ['IsInt and IsNumber together', [cv.IsInt(), cv.IsNumber()], { type: 'integer' }],
    ['IsBoolean', [cv.IsBoolean()], { type: 'boolean' }],
    ['IsOptional', [cv.IsString(), cv.IsOptional()], { type: 'string', optional: true }],
    ['IsDefined', [cv.IsString(), cv.IsDefined()], { type: 'string' }],
    ['Min and Max', [cv.IsInt(), cv.Min(1), cv.Max(9)], { type: 'integer', minimum: 1, maximum: 9 }],
    ['IsPositive', [cv.IsNumber(), cv.IsPositive()], { type: 'number', minimum: 0, exclusiveMinimum: true }],
    ['IsNegative', [cv.IsNumber(), cv.IsNegative()], { type: 'number', maximum: 0, exclusiveMaximum: true }],
    ['IsDivisibleBy', [cv.IsInt(), cv.IsDivisibleBy(5)], { type: 'integer', multipleOf: 5 }],
    ['Length', [cv.Length(2, 5)], { type: 'string', minLength: 2, maxLength: 5 }],
    ['Length without an upper bound', [cv.Length(2)], { type: 'string', minLength: 2 }],
    ['MinLength and MaxLength', [cv.MinLength(1), cv.MaxLength(3)], { type: 'string', minLength: 1, maxLength: 3 }],
    ['IsNotEmpty', [cv.IsString(), cv.IsNotEmpty()], { type: 'string', minLength: 1 }],
    ['IsNotEmpty of a number', [cv.IsInt(), cv.IsNotEmpty()], { type: 'integer' }],
    ['Matches', [cv.Matches(/^a+$/)], { type: 'string', pattern: '^a+$' }],
    ['Matches with a text', [cv.Matches('^a+$' as never)], { type: 'string', pattern: '^a+$' }],
    ['IsIn', [cv.IsIn(['a', 'b'])], { type: 'string', enum: ['a', 'b'] }],
    ['IsIn with numbers', [cv.IsInt(), cv.IsIn([1, 2])], { type: 'integer', enum: [1, 2] }],
    ['IsEnum', [cv.IsEnum(Colour)], { type: 'string', enum: ['red', 'blue'] }],
    ['Equals', [cv.Equals('only')], { type: 'string', enum: ['only'] }],
    ['IsDateString', [cv.IsDateString()], { type: 'string', format: 'date-time' }],
    ['IsString each', [cv.IsString({ each: true })], { type: 'array', items: { type: 'string' } }],
    [
      'ArrayMinSize, ArrayMaxSize',
      [cv.IsInt({ each: true }), cv.ArrayMinSize(1), cv.ArrayMaxSize(3)],
      { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
    ],
    [
      'ArrayNotEmpty',
      [cv.IsString({ each: true }), cv.ArrayNotEmpty()],
      { type: 'array', items: { type: 'string' }, minItems: 1 },
    ],
    [
      'ArrayUnique of scalars',
      [cv.IsString({ each: true }), cv.ArrayUnique()],
      { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ],
    ['IsArray beside @Field', [cv.IsArray(), Field({ items: 'string' })], { type: 'array', items: { type: 'string' } }],
    [
      'item bounds from both sides',
      [cv.MaxLength(3, { each: true }), Field({ items: 'string' })],
      { type: 'array', items: { type: 'string', maxLength: 3 } },
    ],
    [
      'IsObject beside preserveUnknownFields',
      [cv.IsObject(), Field({ preserveUnknownFields: true })],
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    ],
    [
      'facts of @Field beside',
      [cv.IsInt(), Field({ default: 3, description: 'd' })],
      { type: 'integer', default: 3, description: 'd', optional: true },
    ],
    [
      'the same said twice',
      [cv.IsInt(), cv.Min(1), Field({ type: 'integer', min: 1 })],
      { type: 'integer', minimum: 1 },
    ],
    ['Allow', [cv.Allow(), Field({ type: 'string' })], { type: 'string' }],
  ];
  for (const [name, decorators, expected] of table) {
    it(`reads ${name}`, () => {
      expect(schemaWith(...decorators)).to.deep.equal(expected);
    });
  }

  it('reads ValidateNested with the class that @Field names', () => {
    class Part {
      @cv.IsInt() n!: number;
    }
    const part = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    expect(schemaWith(cv.ValidateNested(), Field({ type: () => Part }))).to.deep.equal(part);
    expect(schemaWith(cv.IsObject(), cv.ValidateNested(), Field({ type: () => Part }))).to.deep.equal(part);
    expect(schemaWith(cv.ValidateNested({ each: true }), Field({ items: () => Part }))).to.deep.equal({
      type: 'array',
      items: part,
    });
  });

  const refused: [string, Decorator[], RegExp][] = [
    [
      'ValidateIf',
      [cv.IsString(), cv.ValidateIf(() => true)],
      /Holder\.field: @ValidateIf cannot be written into a CRD: say it with @Rule/,
    ],
    ['groups', [cv.IsString({ groups: ['a'] })], /Holder\.field: validation groups/],
    ['IsDate', [cv.IsDate()], /Holder\.field: JSON has no dates/],
    ['IsInstance', [cv.IsInstance(Date)], /Holder\.field: .*plain JSON/],
    [
      'ValidateNested without a class',
      [cv.ValidateNested()],
      /Holder\.field: @ValidateNested does not say which class/,
    ],
    ['IsObject without fields', [cv.IsObject()], /Holder\.field: an object of what\?/],
    ['IsArray without items', [cv.IsArray()], /Holder\.field: a list of what\?/],
    [
      'two types',
      [cv.IsString(), cv.IsInt()],
      /Holder\.field: type is said twice: "(string|integer)" and "(string|integer)"/,
    ],
    ['two minima', [cv.IsInt(), cv.Min(1), Field({ min: 2 })], /Holder\.field: min is said twice: 2 and 1/],
    [
      'a scalar that is a list',
      [cv.IsString(), Field({ items: 'string' })],
      /Holder\.field: is a list and a string: add \{ each: true \}/,
    ],
    ['flags of a pattern', [cv.Matches(/a/i)], /Holder\.field: the API server knows no flags of a pattern \(i\)/],
    ['look-ahead', [cv.Matches(/(?=a)/)], /Holder\.field: the pattern uses \(\?=, which RE2/],
    ['back-references', [cv.Matches(/(a)\1/)], /Holder\.field: the pattern uses \\1, which RE2/],
    ['a validator alone, without a type', [cv.IsEmail()], /Holder\.field: has no type/],
  ];
  for (const [name, decorators, message] of refused) {
    it(`refuses ${name} by the name of the field`, () => {
      expect(() => schemaWith(...decorators)).to.throw(message);
    });
  }

  describe('that no schema can express', () => {
    class Contact {
      @cv.IsString()
      @cv.IsEmail()
      mail!: string;

      @cv.IsOptional()
      @cv.IsString({ each: true })
      @cv.IsEmail({}, { each: true })
      more?: string[];
    }
    class Holder {
      @Field({ items: () => Contact, optional: true }) contacts?: Contact[];
      @Field({ values: { type: () => Contact }, optional: true }) byName?: Record<string, Contact>;
    }

    it('are listed as checked by the operator only', () => {
      expect(operatorOnlyChecks(Holder)).to.deep.equal([
        'contacts[].mail: isEmail',
        'contacts[].more: isEmail',
        'byName[*].mail: isEmail',
        'byName[*].more: isEmail',
      ]);
    });

    it('stay out of the schema', () => {
      expect(schemaOf(Contact).properties?.mail).to.deep.equal({ type: 'string' });
    });

    it('run on plain nested objects, with the path of the field', () => {
      const object = {
        contacts: [{ mail: 'a@example.com' }, { mail: 'nobody' }],
        byName: { x: { mail: 'x', more: ['y'] } },
      };
      expect(validate(Holder, object)).to.deep.equal([
        { field: 'contacts[1].mail', reason: 'Invalid', value: 'nobody', message: 'mail must be an email' },
        { field: 'byName[x].mail', reason: 'Invalid', value: 'x', message: 'mail must be an email' },
        { field: 'byName[x].more', reason: 'Invalid', message: 'each value in more must be an email' },
      ]);
    });

    it('do not complain a second time about a value of the wrong type', () => {
      expect(validate(Contact, { mail: 7 }).map(({ field, reason }) => ({ field, reason }))).to.deep.equal([
        { field: 'mail', reason: 'TypeInvalid' },
      ]);
    });

    it('leave the object alone: no instance, no new field, frozen or not', () => {
      const object = Object.freeze({ mail: 'a@example.com' });
      expect(validate(Contact, object)).to.deep.equal([]);
      expect(Object.getPrototypeOf(object)).to.equal(Object.prototype);
      expect(object).to.deep.equal({ mail: 'a@example.com' });
    });

    it('may be validators of your own', () => {
      class Even {
        @cv.IsInt()
        @cv.ValidateBy({
          name: 'isEven',
          validator: { validate: (n) => Number(n) % 2 === 0, defaultMessage: () => 'must be even' },
        })
        n!: number;
      }
      expect(operatorOnlyChecks(Even)).to.deep.equal(['n: isEven']);
      expect(validate(Even, { n: 3 })).to.deep.equal([
        { field: 'n', reason: 'Invalid', value: 3, message: 'must be even' },
      ]);
      expect(validate(Even, { n: 4 })).to.deep.equal([]);
    });

    it('must answer at once: an asynchronous one is refused', () => {
      @cv.ValidatorConstraint({ name: 'slow', async: true })
      class Slow implements cv.ValidatorConstraintInterface {
        async validate(): Promise<boolean> {
          return true;
        }
      }
      class Holder {
        @cv.IsString() @cv.Validate(Slow) field!: string;
      }
      expect(() => schemaOf(Holder)).to.throw(/Holder\.field: the validator .* is asynchronous/);
    });
  });
});
