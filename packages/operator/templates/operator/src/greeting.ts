import { Column, Field, type KubeObject, Resource, registerKind, resourceKindOf } from '@kaito-sdk/core';

class GreetingSpec {
  @Field({ type: 'string', minLength: 1, description: 'Whom to greet.' })
  name!: string;
}

class GreetingStatus {
  @Field({ type: 'string', optional: true, description: 'What was said.' })
  text?: string;
}

/** A custom resource: this class is its type, its CustomResourceDefinition and its validation. Objects are plain JSON, never instances. */
@Resource({ group: '__NAME__.example.com', versions: [{ name: 'v1' }], kind: 'Greeting' })
@Column('Text', { path: '.status.text' })
export class Greeting {
  @Field({ type: () => GreetingSpec, description: 'What is wanted.' })
  spec!: GreetingSpec;

  @Field({ type: () => GreetingStatus, optional: true, description: 'What is.' })
  status?: GreetingStatus;
}

export type GreetingObject = KubeObject & Greeting;

export const GREETINGS = registerKind(resourceKindOf(Greeting));
