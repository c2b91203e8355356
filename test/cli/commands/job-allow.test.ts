import t from 'tap'
import type { Job } from '../../../lib/job/schema/job.js'
import { allowed } from '../../../lib/cli/commands/job-allow.js'

const JOB: Job = {
  version: 1,
  inputs: [
    { url: 's3://in/a' },
    { url: 'https://x:8443/a' },
    { url: 'http://[::1]:80/a' },
    { url: 'https://localhost/b' },
    { url: '/films/a.mov' },
    { url: '-' },
  ],
  outputs: [
    { type: 'object', url: '/out/a.mp4', format: 'mp4' },
    { type: 'thumbnails', prefix: '/images/a/', count: 1 },
    { type: 'probe' },
  ],
}

t.test('opens what the user has typed: files, hosts, and addresses', async t => {
  t.same(allowed({}, '/films', JOB), {
    hosts: ['x:8443', 'http://[::1]', 'localhost'],
    addresses: ['::1', '127.0.0.1', '::1'],
    files: ['/films/a.mov', '/out', '/images/a/'],
  })
})

t.test('opens only what the options say for a job from a file', async t => {
  t.same(allowed({}, '/films'), {})
  const values = {
    'allow-host': ['*.example.com'],
    'allow-address': ['10.0.0.0/8'],
    'allow-file': ['a', '/b'],
    'allow-bucket': ['web'],
    'allow-prefix': ['s3://web/a/'],
  }
  t.same(allowed(values, '/films'), {
    hosts: ['*.example.com'],
    addresses: ['10.0.0.0/8'],
    files: ['/films/a', '/b'],
    buckets: ['web'],
    prefixes: ['s3://web/a/'],
  })
})
