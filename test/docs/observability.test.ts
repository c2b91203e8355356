import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { Registry } from 'prom-client'
import t from 'tap'
import { measureStreams } from '../../examples/prometheus.js'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { CHANNELS, listen } from '../support/diagnostics.js'
import { section, tableIn } from '../support/doc-table.js'
import { transportStream } from '../support/media.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { writer } from '../support/uploads.js'

t.test('docs/observability.md lists all fields of each channel, and no others', async t => {
  const store = await UploadStore.open(t)
  const heard = listen(t)
  store.s3.fault({ operation: 'UploadPart', status: 503 })
  await pipeline(Readable.from([Buffer.alloc(PART + 1)], { objectMode: false }), writer(store))
  const bytes = await transportStream({ seconds: 1 })
  const output = { format: 'mp4', args: ['-c', 'copy'] }
  await buffer(new FfmpegReadable({ input: { source: new BytesSource({ bytes }) }, output }))
  for (const name of CHANNELS) {
    const documented = tableIn(section('observability.md', `## avio-streams:${name}`)).map(([field]) => field)
    t.same(
      documented.sort(),
      Object.keys(heard[name][0]!)
        .map(field => `\`${field}\``)
        .sort(),
      name,
    )
  }
})

t.test('docs/observability.md lists all metrics of the example, with their labels', async t => {
  const registry = new Registry()
  measureStreams(registry)()
  const metrics = registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[]
  const list = (labels: readonly string[]) => labels.map(label => `\`${label}\``).join(', ') || '–'
  t.same(
    tableIn(section('observability.md', '## Prometheus')).map(([name, labels]) => [name, labels]),
    metrics.map(({ name, labelNames }) => [`\`${name}\``, list(labelNames)]),
  )
})
