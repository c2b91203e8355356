import t from 'tap'
import { parseArguments } from '../../../lib/ffmpeg/args/parse-arguments.js'
import { pictureSize } from '../../../lib/job/encoding/picture-size.js'

const SOURCE = { width: 1920, height: 1080 }
const sizeOf = (filters: string, args: string[] = []) => {
  const { width, height } = pictureSize({ filters, args: parseArguments(args, 'args') }, SOURCE)
  return `${width}x${height}`
}

t.test('follows numbers of scale, the last one first', async t => {
  for (const [filters, size] of [
    ['', '1920x1080'],
    ['yadif', '1920x1080'],
    ['scale=1280:720', '1280x720'],
    ['scale=1280x720', '1280x720'],
    ['scale=-2:720', '1280x720'],
    ['scale=640:-1', '640x360'],
    ['scale=w=640:h=-2:flags=lanczos', '640x360'],
    ['scale=width=640:height=0', '640x1080'],
    ['scale=0:540', '1920x540'],
    ['scale=-1:-1', '1920x1080'],
    ['scale=-2:101', '180x101'],
    ['yadif, scale=-2:720,hflip', '1280x720'],
    ['scale=-2:720,scale=-2:360', '640x360'],
    ['scale=-2:1', '2x1'],
  ] as const)
    t.equal(sizeOf(filters), size, filters)
})

t.test('takes expressions and other filters for no change', async t => {
  for (const filters of ['scale=iw/2:ih/2', 'scale=iw/2:-2', 'scale=hd720', 'scale=64:a', 'myscale=64:64'])
    t.equal(sizeOf(filters), '1920x1080', filters)
})

t.test('-s is the size of the output, after all filters', async t => {
  t.equal(sizeOf('scale=-2:720', ['-s', '320x180', '-s', '640x480']), '640x480')
  t.equal(sizeOf('', ['-s', 'vga']), '1920x1080', 'a name counts as no change')
})
