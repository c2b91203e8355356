import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import {
  FILE_FILTERS,
  FILE_PARAMETERS,
  fileFilter,
  fileParameter,
} from '../../../lib/ffmpeg/args/file-writing-values.js'

const run = promisify(execFile)
const ffmpeg = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

t.test('finds options that write a file, anywhere in a graph and in any spelling', async t => {
  for (const [graph, expected] of [
    ['psnr=stats_file=a.log', 'psnr=stats_file'],
    ['psnr=a.log', 'psnr=stats_file'],
    ['[0:v][1:v]psnr@x=f=a.log', 'psnr=f'],
    ["null,'psnr'='stats_file=a'", 'psnr=stats_file'],
    ['ssim=shortest=1:f=-', 'ssim=f'],
    ['scale=1:1;[a]xpsnr = stats_file = a', 'xpsnr=stats_file'],
    ['metadata=print:file=pipe\\:1', 'metadata=file'],
    ['metadata=print:a:b:same_str:1:out.txt', 'metadata=file'],
    ['ametadata=mode=print:file=a', 'ametadata=file'],
    ['libvmaf=log_path=a.log', 'libvmaf=log_path'],
    ['signature=filename=a', 'signature=filename'],
    ['vidstabdetect', 'vidstabdetect'],
    ['vidstabdetect=shakiness=5', 'vidstabdetect'],
    ['vidstabtransform=debug=1', 'vidstabtransform=debug'],
    ['curves=plot=a.gp', 'curves=plot'],
    ['loudnorm=I=-16:stats_file=a', 'loudnorm=stats_file'],
    // Uses of these filters that write no file, and text that only looks like such an option.
    ['psnr', undefined],
    ['psnr=stats_version=2', undefined],
    ['metadata=print', undefined],
    ['metadata=print:lavfi.x:1:less:0', undefined],
    ['metadata=mode=add:key=file:value=psnr', undefined],
    ["drawtext=text='psnr=stats_file=a'", undefined],
    ["drawtext=text='a,vidstabdetect'", undefined],
    ['[vidstabdetect]null[psnr]', undefined],
    ['curves=preset=vintage', undefined],
    ['loudnorm=I=-16:LRA=11:print_format=json', undefined],
    ['libvmaf=model=version=x', undefined],
  ] as const) {
    t.equal(fileFilter(graph), expected, graph)
  }
})

t.test('finds encoder parameters that name a file', async t => {
  for (const name of FILE_PARAMETERS) t.equal(fileParameter(`crf=20:${name}=a:b=1`), name)
  t.equal(fileParameter('dump_yuv=a'), 'dump-yuv')
  t.equal(fileParameter('keyint=48:min-keyint=48:scenecut=0'), undefined)
})

/** Names of filter options that name an output file. */
const WRITTEN = /^ +-?(stats_file|log_path|dumpfile|plot|debug_kdtree|shader_cache) +<string>/

t.test('knows every option by which a filter of this ffmpeg writes a file', async t => {
  const { stdout } = await run(ffmpeg, ['-hide_banner', '-h', 'full'], { maxBuffer: 1 << 26 })
  let filter = ''
  let found = 0
  for (const line of stdout.split('\n')) {
    filter = /^(\w+) AVOptions:/.exec(line)?.[1] ?? filter
    const option = WRITTEN.exec(line)?.[1]
    if (option === undefined) continue
    found++
    t.ok(FILE_FILTERS[filter]?.options?.includes(option), `${filter}=${option}`)
  }
  t.ok(found > 3)
})

t.test('refuses filters that write a file, and accepts the same filters without it', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-writers-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const source = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=0.2']
  for (const [graph, writes] of [
    ['metadata=print:file=m.txt', true],
    ['split[a][b];[a][b]psnr=p.txt', true],
    ['split[a][b];[a][b]ssim=f=s.txt', true],
    ['curves=preset=vintage:plot=c.gp', true],
    ['split[a][b];[a][b]psnr', false],
    ['metadata=print', false],
    ['curves=preset=vintage', false],
  ] as const) {
    const before = await readdir(folder)
    await run(ffmpeg, [...source, '-lavfi', graph, '-f', 'null', '-'], { cwd: folder })
    t.equal((await readdir(folder)).length > before.length, writes, graph)
    t.equal(fileFilter(graph) !== undefined, writes, graph)
  }
})
