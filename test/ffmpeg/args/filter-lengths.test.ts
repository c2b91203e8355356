import t from 'tap'
import { graphLengths } from '../../../lib/ffmpeg/args/filter-lengths.js'

const LENGTHS: Readonly<Record<string, number>> = { '0:v': 10, '0:a': 10.05, '1:v': 20, '1:a': 19, '2:v': 20 }
const inputLength = (label: string | undefined) => (label === undefined ? 10 : LENGTHS[label])

t.test('knows the length of what comes out of a graph, or that it is unknown', async t => {
  const table: [
    graph: string,
    labeled: Record<string, number | undefined>,
    unlabeled?: (number | undefined)[],
  ][] = [
    ['scale=-2:720', {}, [10]],
    ['scale=-2:720,fps=25,format=yuv420p', {}, [10]],
    ['[0:v]scale@hd=-2:720[a]', { a: 10 }],
    ['sws_flags=bicubic;[0:v]scale=-2:720[a]', { a: 10 }],
    ['[1:v]null', {}, [20]],
    ['[0:v]split[a][b];[b]scale=-2:360[c]', { a: 10, c: 10 }],
    ['[0:v]split=3[a][b][c]', { a: 10, b: 10, c: 10 }],
    ['[b]scale=-2:360[c];[0:v]split[a][b]', { a: 10, c: 10 }],
    ['[0:v][1:v]concat[v]', { v: 30 }],
    ['[0:v][0:a][1:v][1:a]concat=n=2:v=1:a=1[v][a]', { v: 30.05, a: 30.05 }],
    ['[0:v][0:a][1:v][1:a]concat=2:1:1[v][a]', { v: 30.05, a: 30.05 }],
    ['[0:a][1:a]concat=n=2:v=0:a=1', {}, [29.05]],
    ['[0:v]scale=640:360[x];[1:v]scale=640:360[y];[x][y]concat=n=2[v]', { v: 30 }],
    ['[0:v][1:v]concat=n=3[v]', { v: undefined }],
    ['[0:v][3:v]concat[v]', { v: undefined }],
    ['[0:v][1:v]concat=n=two[v]', { v: undefined }],
    ['[0:v]trim=2:7,setpts=PTS-STARTPTS[v]', { v: 5 }],
    ['[0:v]trim=start=2:duration=3,setpts=PTS-STARTPTS[v]', { v: 3 }],
    ['[0:v]trim=start=8:end=30,setpts=PTS-STARTPTS[v]', { v: 2 }],
    ['[0:v]trim=end=4[v]', { v: 4 }],
    ['[0:v]trim=2:7[v]', { v: undefined }],
    ['[0:v]trim=start_frame=5,setpts=PTS-STARTPTS[v]', { v: undefined }],
    ['[0:v]trim=start=x[v]', { v: undefined }],
    ['[0:v]trim=0:4,setpts=PTS-STARTPTS[x];[1:v]trim=5:9,setpts=PTS-STARTPTS[y];[x][y]concat[v]', { v: 8 }],
    ['[0:v]setpts=0.5*PTS[v]', { v: undefined }],
    ['[0:v]setpts=PTS-STARTPTS[v]', { v: 10 }],
    ['[0:a]atempo=2[a]', { a: undefined }],
    ['[0:a]apad[a]', { a: undefined }],
    ['[0:v]loop=-1[v]', { v: undefined }],
    ['[0:v]minterpolate,scale=2:2[v]', { v: undefined }],
    ['[1:v][2:v]hstack[v]', { v: 20 }],
    ['[0:v][1:v]overlay[v]', { v: undefined }],
    ['[1:a][2:v]amix[a]', { a: undefined }],
    ['color=red[v]', { v: undefined }],
    ['[0:v]scale=2:2[a];[a][a]concat[v]', { v: undefined }],
    ['[x]null[x]', { x: undefined }],
    ['[[[', {}],
    ['', {}],
  ]
  for (const [graph, labeled, unlabeled = []] of table) {
    const found = graphLengths(graph, inputLength)
    t.same(Object.fromEntries(found.labeled), labeled, graph)
    t.same(found.unlabeled, unlabeled, graph)
  }
})
