import t, { type Test } from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'

const read = (args: string[]) => parseArguments(args, 'output.args')

/** Asserts an error that names the element and ends with the elements to write. */
function refuses(t: Test, args: string[], index: number, right: string): void {
  try {
    read(args)
    t.fail(JSON.stringify(args))
  } catch (error) {
    t.match(error, { code: 'AVIO_ERR_OPTION', option: 'output.args', value: args })
    const { message } = error as Error
    t.ok(message.startsWith(`Element ${index} of option "output.args" is `), message)
    t.ok(message.endsWith(`Write ${right}`), message)
  }
}

t.test('refuses an option and its value in one element, and shows the elements to write', async t => {
  const cases: [args: string[], index: number, right: string][] = [
    [['-c:v libx264'], 0, '"-c:v", "libx264"'],
    [['-an', '-c:v libx264', '-crf', '20'], 1, '"-c:v", "libx264"'],
    [['-c:v\tlibx264'], 0, '"-c:v", "libx264"'],
    [['-c:v libx264 -crf 20'], 0, '"-c:v", "libx264", "-crf", "20"'],
    [['-metadata title=two words'], 0, '"-metadata", "title=two words"'],
    [['-metadata "title=two words"'], 0, '"-metadata", "title=two words"'],
    [['-metadata:s:a:0 language=eng'], 0, '"-metadata:s:a:0", "language=eng"'],
    [['-vn -an'], 0, '"-vn", "-an"'],
    [['-crf=23'], 0, '"-crf", "23"'],
    [['-an', '-c:v=libx264', '-an'], 1, '"-c:v", "libx264"'],
    [['-c:v ', 'libx264'], 0, '"-c:v"'],
    [[' -c:v', 'libx264'], 0, '"-c:v"'],
  ]
  for (const [args, index, right] of cases) {
    refuses(t, args, index, right)
  }
})

t.test('refuses shell quotes around an element', async t => {
  const cases: [args: string[], index: number, right: string][] = [
    [['-map', "'0:a'"], 1, '"0:a"'],
    [['-map', '"0:a"'], 1, '"0:a"'],
    [['-vf', '"scale=-2:720"'], 1, '"scale=-2:720"'],
    [['-vf', "'scale=-2:720'"], 1, '"scale=-2:720"'],
    [['-vf', '"hflip"'], 1, '"hflip"'],
    [['-an', '-metadata', "'title=two words'"], 2, '"title=two words"'],
    [['"-c:v"', 'libx264'], 0, '"-c:v"'],
    [["'-c:v libx264'"], 0, '"-c:v", "libx264"'],
  ]
  for (const [args, index, right] of cases) {
    refuses(t, args, index, right)
  }
})

t.test("accepts spaces and quotes in values, and where ffmpeg's syntax has them", async t => {
  const lists = [
    ['-metadata', 'title=two words'],
    ['-metadata', "title='quoted'"],
    ['-metadata', 'title="quoted"'],
    ['-metadata', ' title=x '],
    ['-metadata', 'comment=-c:v libx264'],
    ['-vf', "drawtext=text='two words':x=10, hflip"],
    ['-vf', "'hflip'"],
    ['-vf', "'hflip','vflip'"],
    ['-x264-params', "'crf'='20'"],
    ['-disposition:m:title:Two words', 'default'],
    ['-force_key_frames', 'expr:gte(t, n_forced * 2)'],
    ['-map', '0:m:title:Two words'],
    ['-af', 'volume=1 , aresample=48000'],
    ['-metadata', "'"],
    ['-metadata', "''"],
    ['-metadata', ''],
  ]
  for (const args of lists) t.equal(read(args)[0]?.value, args[1], JSON.stringify(args))
})

t.test('explains what any other stray element would mean to ffmpeg', async t => {
  for (const stray of ['libx264', 'two words', '', '-', '--']) {
    t.throws(() => read(['-an', stray]), { code: 'AVIO_ERR_ARGUMENT_REFUSED' }, stray)
  }
})
