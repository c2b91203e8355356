import t from 'tap'
import { refuseSecrets } from '../../../lib/engines/steps/refuse-secrets.js'
import { filmJob } from '../../support/farm.js'

const withInput = (url: string) => filmJob('a', { inputs: [{ url }] })

t.test('refuses URLs that sign, or name a user', async t => {
  for (const query of [
    ...[
      'X-Amz-Algorithm=a&X-Amz-Signature=b',
      'x-amz-security-token=t',
      'AWSAccessKeyId=k&Signature=s&Expires=1',
    ],
    ...[
      'X-Goog-Signature=s',
      'GoogleAccessId=i',
      'sv=2020&sig=abc',
      'Policy=p&Key-Pair-Id=k',
      'hdnts=exp~hmac',
    ],
    ...['token=t', 'access_token=t', 'api_key=k', 'apikey=k', 'password=p', 'auth=a'],
  ]) {
    const url = `https://media.example.com/a.mov?${query}`
    const error = t.throws(() => refuseSecrets(withInput(url)), {
      code: 'AVIO_ERR_JOB_REFUSED',
      path: 'inputs[0].url',
    })
    t.notMatch((error as Error).message, query, 'and does not repeat it')
  }
  t.throws(() => refuseSecrets(withInput('https://me:word@host/a.mov')), { message: /user or a password/ })
})

t.test('finds them in every string of a job', async t => {
  const job = filmJob('a', { filterComplex: "movie='https://host/logo.png?token=abc'[x]" })
  t.throws(() => refuseSecrets(job), { code: 'AVIO_ERR_JOB_REFUSED', path: 'filterComplex' })
  t.throws(
    () =>
      refuseSecrets(filmJob('a', { inputs: [{ url: 's3://a/b', args: ['-headers', 'https://u:p@h/'] }] })),
    {
      code: 'AVIO_ERR_JOB_REFUSED',
      path: 'inputs[0].args[1]',
    },
  )
})

t.test('accepts what is no secret', async t => {
  for (const url of [
    ...['s3://masters/film.mov', 's3://masters/a?X-Amz-Signature=part-of-the-key', 'https://host/a.mov'],
    ...['https://host/a.mov?quality=high&design=x', 'film.mov', 'file:///srv/film.mov'],
  ]) {
    t.doesNotThrow(() => refuseSecrets(withInput(url)), url)
  }
})

t.test('refuses standard input and output', async t => {
  t.throws(() => refuseSecrets(withInput('-')), { code: 'AVIO_ERR_JOB_REFUSED', path: 'inputs[0].url' })
})
