import { expect } from 'chai';
import { kaito } from '../support/program.js';

describe('wrong usage of kaito', function () {
  this.timeout(30_000);

  for (const [title, args, input, message] of [
    ['no manifest', ['plan'], '', /which manifest\? give one with -f FILE/],
    ['a manifest that is not there', ['plan', '-f', 'none.yaml'], '', /cannot read none\.yaml/],
    [
      'a manifest of other things',
      ['plan', '-f', '-'],
      'kind: Pod\napiVersion: v1\nmetadata: { name: p }\n',
      /there is no Workspace in standard input: there is Pod p/,
    ],
    [
      'something that is no Workspace',
      ['plan', '-f', '-'],
      'kind: Workspace\napiVersion: v1\n',
      /expected a Workspace/,
    ],
    ['an empty file', ['plan', '-f', '-'], '', /there is no Workspace in standard input: it is empty/],
    [
      'documents that are empty',
      ['plan', '-f', '-'],
      '# nothing\n---\n---\n',
      /there is no Workspace in standard input: it is empty/,
    ],
    ['an alias that leads into itself', ['plan', '-f', '-'], 'a: &x [*x]\n', /expected a Workspace|is not YAML/],
    ['no name after --models', ['plan', '--models', ' , '], '', /--models needs a name/],
    ['an empty instance type', ['plan', '-f', '-', '--instance-type', ''], '', /--instance-type needs a name/],
    [
      'several instance types for a manifest',
      ['plan', '-f', '-', '--instance-type', 'a,b'],
      '',
      /takes one type for a manifest/,
    ],
    [
      'an instance type that nobody knows, in a table',
      ['plan', '--models', 'phi-4', '--instance-type', 'Standard_NC4as_T4'],
      '',
      /There is no instance type "Standard_NC4as_T4" in the installed catalogs\. Did you mean "Standard_NC4as_T4_v3"/,
    ],
    ['something that is no YAML', ['plan', '-f', '-'], 'a: [', /is not YAML/],
    ['a manifest without its option', ['plan', 'a.yaml'], '', /name a manifest with -f: kaito plan -f a\.yaml/],
    ['the same of render', ['render', 'a.yaml', 'b.yaml'], '', /kaito render -f a\.yaml -f b\.yaml/],
    [
      'a port that no machine has',
      ['dev', '--port', '99999'],
      '',
      /--port takes a number from 0 .* to 65535, not "99999"/,
    ],
    [
      'a delay in no unit',
      ['dev', '--node-delay', '5x'],
      '',
      /--node-delay takes a time such as 500ms, 5s or 2m, not "5x"/,
    ],
    ['a command that is nearly one', ['pln'], '', /^kaito: there is no command "pln"; did you mean plan\?\n/],
    ['a command that is like none', ['qqqqqq'], '', /there is no command "qqqqqq"\n\nUsage: kaito COMMAND/],
    ['an unknown output', ['plan', '-f', '-', '-o', 'xml'], '', /--output takes table, json or yaml, not "xml"/],
    ['an unknown option', ['plan', '--fast'], '', /^kaito plan: there is no option --fast\n/],
    ['an option that is nearly one', ['status', '--wach'], '', /there is no option --wach; did you mean --watch\?\n/],
    ['a letter that is no option', ['status', '-x'], '', /there is no option -x\n/],
    [
      'an unknown log level',
      ['run', '--log-level', 'loud'],
      '',
      /--log-level takes debug, info, warn, error, not "loud"/,
    ],
  ] as const) {
    it(`says what is wrong with ${title}, exit code 2, no stack`, async () => {
      const { code, err } = await kaito(args, input);
      expect(err)
        .to.match(message)
        .and.to.not.match(/\n {4}at /);
      expect(code).to.equal(2);
    });
  }
});
