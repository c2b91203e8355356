import t from 'tap'
import { AvioError, OptionError } from '../../../lib/errors.js'
import { inCallersWords, inOwnOptions } from '../../../lib/cli/arguments/callers-words.js'

const NAMES = {
  inputs: ['s3://in/a b.mov', 'https://x/b.mov?sig=SECRET'],
  outputs: ['s3://out/a.mp4', undefined],
}

t.test('tells paths of a job as options and files of the command line', async t => {
  for (const [message, expected] of [
    ['Option "inputs[0].format" must be x', 'The option -f before "s3://in/a b.mov" must be x'],
    ['The muxer of option "outputs[0].format" fails', 'The muxer of -f before "s3://out/a.mp4" fails'],
    ['Option "outputs[0].args" must end', 'The options before "s3://out/a.mp4" must end'],
    ['"-x" in option "outputs[0].args" is no', '"-x" in the options before "s3://out/a.mp4" is no'],
    ['outputs[0].renditions[0].args is no', 'the options before "s3://out/a.mp4" is no'],
    ['inputs[1].url is not allowed', '"https://x/b.mov" is not allowed'],
    ['outputs[0].prefix is not', '"s3://out/a.mp4" is not'],
    ['the job: outputs[0].storageClass must', 'the job: --storage-class must'],
    ['outputs[0].tags.a must', '--tag must'],
    ['outputs[0].count must', 'count of "s3://out/a.mp4" must'],
    ['inputs[0].args[3] must', 'the options before "s3://in/a b.mov" must'],
    ['inputs[0] needs random access', '"s3://in/a b.mov" needs random access'],
    ['"-x" in option "filterComplex" is refused', '"-x" in -filter_complex is refused'],
    ['outputs[1].url, inputs[7].url and inputs stay', 'outputs[1].url, inputs[7].url and inputs stay'],
  ] as const)
    t.equal(inCallersWords(new OptionError('x', message, 'x'), NAMES).message, expected)
})

t.test('leaves other errors alone', async t => {
  const other = new Error('inputs[0].url')
  t.equal(inCallersWords(other, NAMES), other)
  t.equal(other.message, 'inputs[0].url')
  inCallersWords(undefined, NAMES)
  const error = new AvioError('AVIO_ERR_CREDENTIALS', 'x')
  t.equal(inCallersWords(error, NAMES), error)
})

t.test('tells the options of runJob as those of the command', async t => {
  for (const [message, expected] of [
    ['x is not in allow.hosts: add "y"', 'x is not in --allow-host: add "y"'],
    ['outside allow.buckets and allow.prefixes: add', 'outside --allow-bucket and --allow-prefix: add'],
    ['a file, and allow.files is empty', 'a file, and --allow-file is empty'],
    ['add it to allow.addresses if', 'add it to --allow-address if'],
    ['not allowed with trust: "strangers"; omit', 'not allowed with --strangers; omit'],
    ['or run the job with trust: "owner"', 'or run the job without --strangers'],
    ['stores need forcePathStyle: true', 'stores need --path-style'],
    ['inputs[0].url stays', 'inputs[0].url stays'],
  ] as const)
    t.equal(inOwnOptions(new OptionError('x', message, 'x')).message, expected)
  inOwnOptions(undefined)
})
