import t from 'tap'
import {
  checkTemplate,
  fillTemplate,
  placesOf,
  templateValues,
} from '../../../lib/engines/batch/fill-template.js'
import { filmJob } from '../../support/farm.js'

t.test('takes an address apart', async t => {
  t.same(templateValues('s3://masters/2026/05/my.talk.mov'), {
    ...{ url: 's3://masters/2026/05/my.talk.mov', bucket: 'masters', key: '2026/05/my.talk.mov' },
    ...{ dir: '2026/05/', file: 'my.talk.mov', name: 'my.talk', ending: 'mov' },
  })
  t.match(templateValues('s3://masters/talk'), { dir: '', file: 'talk', name: 'talk', ending: '' })
  t.match(templateValues('s3://masters/a/.hidden'), { dir: 'a/', name: '.hidden', ending: '' })
  t.match(templateValues('https://host/a/b.mov?v=1'), { bucket: '', key: 'a/b.mov', dir: 'a/', name: 'b' })
})

t.test('fills every string of a job', async t => {
  const values = templateValues('s3://masters/a/b.mov')
  const template = filmJob('{dir}{name}', { filterComplex: 'drawtext=text=%{key}-{file}-{other}' })
  const job = fillTemplate(template, values)
  t.match(job, {
    inputs: [{ url: 's3://masters/a/b.mov' }],
    outputs: [{ url: 's3://web/a/b.mp4' }],
    filterComplex: 'drawtext=text=%{key}-b.mov-{other}',
  })
  t.same(placesOf(job), ['s3://web/a/b.mp4'])
})

t.test('the first input is the object, unless the inputs name it', async t => {
  const values = templateValues('s3://masters/a.mov')
  const logo = { url: 's3://masters/logo.png' }
  const inputsOf = (inputs: { url: string }[]) =>
    fillTemplate(filmJob('{name}', { inputs }), values).inputs.map(({ url }) => url)
  t.same(inputsOf([{ url: 's3://x/y' }, logo]), ['s3://masters/a.mov', logo.url])
  t.same(inputsOf([logo, { url: 's3://{bucket}/{key}' }]), [logo.url, 's3://masters/a.mov'])
})

t.test('keys with dollar signs and braces stay as they are', async t => {
  const job = fillTemplate(filmJob('{file}'), templateValues('s3://masters/$&{name}.mov'))
  t.match(job.outputs, [{ url: 's3://web/$&{name}.mov.mp4' }])
})

t.test('refuses a template whose objects would replace each other', async t => {
  t.throws(() => checkTemplate(filmJob('a')), { code: 'AVIO_ERR_JOB_INVALID', path: 'outputs[0].url' })
  const outputs = [{ type: 'thumbnails' as const, prefix: 's3://web/t/', count: 1 }]
  t.throws(() => checkTemplate(filmJob('a', { outputs })), {
    code: 'AVIO_ERR_JOB_INVALID',
    path: 'outputs[0].prefix',
  })
  t.doesNotThrow(() => checkTemplate(filmJob('{key}')))
  t.doesNotThrow(() => checkTemplate(filmJob('a', { outputs: [{ type: 'probe' }] })))
})
