import t from 'tap'
import { GiB, MiB, TiB } from '../../../lib/options.js'
import {
  MAX_PARTS,
  MAX_PART_SIZE,
  MIN_PART_SIZE,
  type PartSizeSchedule,
  concurrencyAt,
  heldSize,
  maxObjectSize,
  partSizeAt,
} from '../../../lib/s3/upload/part-size-schedule.js'

const defaults = { partSize: 8 * MiB, partGrowth: true, concurrency: 4 }

/** Memory while part `partNumber` is filled: itself and the parts in flight. */
function held(partNumber: number, sizes: PartSizeSchedule) {
  const size = partSizeAt(partNumber, sizes)
  return (concurrencyAt(size, sizes) + 1) * size
}

t.test('follows the documented schedule with the defaults', async t => {
  for (const [partNumber, size, concurrency] of [
    [1, 8, 4],
    [2000, 8, 4],
    [2001, 10, 3],
    [3166, 10, 3],
    [3167, 13, 2],
    [4333, 13, 2],
    [4334, 20, 1],
    [5500, 20, 1],
    [5501, 21, 1],
    [5900, 40, 1],
    [6300, 80, 1],
    [8700, 5120, 1],
    [10_000, 5120, 1],
  ] as const) {
    t.equal(partSizeAt(partNumber, defaults), size * MiB, `size of part ${partNumber}`)
    t.equal(concurrencyAt(size * MiB, defaults), concurrency, `concurrency at part ${partNumber}`)
  }
})

t.test('holds at least 5 TiB in 10,000 parts, for any initial size', async t => {
  for (const concurrency of [1, 2, 3, 4, 7, 16, 100, 1000]) {
    for (const partSize of [MIN_PART_SIZE, MIN_PART_SIZE + 1, 8 * MiB, 50 * MiB, GiB, MAX_PART_SIZE]) {
      const largest = maxObjectSize({ partSize, partGrowth: true, concurrency })
      if (largest < 5 * TiB) t.fail(`${concurrency} × ${partSize} ends at ${largest / TiB} TiB`)
      if (largest > MAX_PARTS * MAX_PART_SIZE) t.fail(`${concurrency} × ${partSize} exceeds S3`)
    }
  }
  t.equal(Math.floor(maxObjectSize(defaults) / TiB), 9, 'the defaults reach 9 TiB')
  t.equal(
    maxObjectSize({ ...defaults, partSize: MAX_PART_SIZE }),
    MAX_PARTS * MAX_PART_SIZE,
    'parts of 5 GiB reach the limit of S3',
  )
})

t.test('yields only parts that S3 accepts, none smaller than the one before', async t => {
  for (const concurrency of [1, 4, 100]) {
    for (const partSize of [MIN_PART_SIZE, 5.9 * MiB, 8 * MiB, GiB, MAX_PART_SIZE].map(Math.floor)) {
      let last = partSize
      for (let partNumber = 1; partNumber <= MAX_PARTS; partNumber++) {
        const size = partSizeAt(partNumber, { partSize, partGrowth: true, concurrency })
        if (size < last || size > MAX_PART_SIZE || !Number.isInteger(size)) {
          t.fail(`part ${partNumber} of ${concurrency} × ${partSize}: ${size}`)
        }
        last = size
      }
    }
  }
  t.pass()
})

t.test('keeps the memory of the first parts for 5,500 parts, and two parts after that', async t => {
  for (const concurrency of [1, 2, 4, 7, 16]) {
    for (const partSize of [5 * MiB, 8 * MiB, 100 * MiB]) {
      const sizes = { partSize, partGrowth: true, concurrency }
      for (let partNumber = 1; partNumber <= MAX_PARTS; partNumber++) {
        const bound = (concurrency + 1) * partSize
        const allowed = partNumber <= 5500 ? bound : Math.max(bound, 2 * partSizeAt(partNumber, sizes))
        if (held(partNumber, sizes) > allowed) t.fail(`part ${partNumber} of ${concurrency} × ${partSize}`)
      }
    }
  }
  t.pass()
})

t.test('takes no more memory for an object of 64 GiB than for 1 GiB', async t => {
  let [size, most] = [0, 0]
  for (let partNumber = 1; size < 64 * GiB; partNumber++) {
    size += partSizeAt(partNumber, defaults)
    most = Math.max(most, held(partNumber, defaults))
  }
  t.equal(most, 40 * MiB)
})

t.test('keeps all parts equal without growth', async t => {
  const equal = { ...defaults, partGrowth: false }
  for (const partNumber of [1, 2001, 6000, 10_000]) t.equal(partSizeAt(partNumber, equal), 8 * MiB)
  t.equal(maxObjectSize(equal), 80_000 * MiB)
})

t.test('leaves room for a header in part 1 below the largest part', async t => {
  t.equal(heldSize(defaults, undefined), 8 * MiB)
  t.equal(heldSize(defaults, MiB), 7 * MiB, 'with a reserve, both make one part')
  const largest = { ...defaults, partSize: MAX_PART_SIZE }
  t.equal(heldSize(largest, undefined), 4 * GiB)
  t.equal(heldSize(largest, MiB), 5 * GiB - MiB)
})
