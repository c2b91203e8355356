import { readOurs } from './read.js'
import { byDefault } from './memory.js'
import { remuxOurs } from './support/remux-ways.js'
import type { Contender, Topic } from './support/topic.js'
import { uploadOurs } from './upload.js'

/** The work that the points of curves do, with the window that a point sets. */

const read: Contender = (arena, load) => {
  const { partSize, concurrency } = arena.window!
  return readOurs(arena, load, { partSize, concurrency, readAhead: (concurrency + 1) * partSize })
}

const upload: Contender = (arena, load) => uploadOurs(arena, load, arena.window)

/** As many pipelines in one process as the point counts, each with the whole object, at default options. */
const pipelines: Contender = async (arena, load) => {
  const all = await Promise.all(Array.from({ length: arena.count! }, () => byDefault(arena, load)))
  return all.reduce<number>((sum, moved) => sum + (typeof moved === 'number' ? moved : moved.bytes), 0)
}

export const topic: Topic = {
  title: 'Curves',
  setting: '',
  size: 0,
  store: 'none',
  contenders: { read, upload, remux: remuxOurs, pipelines },
}
