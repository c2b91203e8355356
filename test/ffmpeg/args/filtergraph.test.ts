import t from 'tap'
import { filtersOf } from '../../../lib/ffmpeg/args/filtergraph.js'

/** Filters as `name key=value,value`. */
const read = (graph: string): string[] =>
  filtersOf(graph).map(({ name, options }) =>
    [name, ...options.map(({ key, value }) => (key === undefined ? value : `${key}=${value}`))].join(' | '),
  )

t.test('finds each filter of a graph with its options', async t => {
  for (const [graph, ...filters] of [
    ['scale=-2:720', 'scale | -2 | 720'],
    ['null', 'null'],
    ['', ...[]],
    ['scale=w=1:h=2:flags=bicubic,format=yuv420p', 'scale | w=1 | h=2 | flags=bicubic', 'format | yuv420p'],
    ['[0:v]split=2[a][b]; [a] scale@hd = 2:3 [c] ;[b]null[d]', 'split | 2', 'scale | 2 | 3', 'null'],
    ['sws_flags=bicubic;[in]scale=1:1[out]', 'sws_flags | bicubic', 'scale | 1 | 1'],
    ["drawtext=text='a,b;c:d':x=1", 'drawtext | text=a,b;c | d | x=1'],
    ["drawtext=text='a\\:b':x=1", 'drawtext | text=a:b | x=1'],
    ['metadata=print\\:x', 'metadata | print | x'],
    ["metadata=print:file='a\\'", 'metadata | print | file=a\\'],
    ["'metadata'=print", 'metadata | print'],
    ['meta\\data=print', 'metadata | print'],
    [' metadata = mode = print : file = x ', 'metadata | mode=print | file=x'],
    ['[unclosed', ...[]],
    [';;,,a', 'a'],
    ["a='unclosed,b", 'a | unclosed,b'],
  ] as const) {
    t.same(read(graph), filters, graph)
  }
})

t.test('terminates on any input, in time proportional to its length', async t => {
  const characters = ["'", '\\', '[', ']', ',', ';', '=', ':', ' ', 'a', '@']
  let seed = 7
  for (let n = 0; n < 2000; n++) {
    let graph = ''
    for (let at = 0; at < 12; at++) {
      seed = (seed * 48_271) % 2_147_483_647
      graph += characters[seed % characters.length]!
    }
    t.ok(Array.isArray(filtersOf(graph)))
  }
  t.equal(filtersOf('a=b:c,'.repeat(50_000)).length, 50_000)
  t.equal(filtersOf(`a=${'b:'.repeat(50_000)}`)[0]!.options.length, 50_000)
})
