import t from 'tap'
import { escapeXml, parseXml, xmlDocument } from '../../../lib/testing/wire/xml.js'

t.test('writes a document in order, repeats arrays, and omits undefined values', async t => {
  t.equal(
    xmlDocument('List', {
      Name: 'a&b',
      Empty: '',
      No: undefined,
      Part: [{ N: 1 }, { N: 2 }],
      Is: true,
      Of: {},
    }),
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<List xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>a&amp;b</Name><Empty></Empty>' +
      '<Part><N>1</N></Part><Part><N>2</N></Part><Is>true</Is><Of></Of></List>',
  )
  t.match(xmlDocument('Error', { Code: 'X' }), /<Error><Code>X<\/Code><\/Error>$/, 'errors have no namespace')
})

t.test('returns any text unchanged', async t => {
  const text = 'ü <&>"\' \u0001\n é 💾'
  t.equal(parseXml(xmlDocument('R', { T: text })).textOf('T'), text)
  t.equal(escapeXml('\u0000'), '&#x0;')
})

t.test('skips prefixes, attributes, comments, declarations and empty elements', async t => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<!-- list --><s3:Delete xmlns:s3="x"><s3:Object a="1"><Key>&#65;&#x42;&amp;</Key>' +
      '<VersionId/></s3:Object><Quiet >true</Quiet></s3:Delete>\n',
  )
  t.equal(root.name, 'Delete')
  t.equal(root.textOf('Quiet'), 'true')
  const [object] = root.all('Object')
  t.equal(object?.textOf('Key'), 'AB&')
  t.equal(object?.textOf('VersionId'), '')
  t.equal(object?.textOf('Other'), undefined)
})

t.test('rejects input that is not XML', async t => {
  for (const text of ['', 'text', '<a>', '<a></b>', '</a>', '<a/><b/>', '<a', '<a><b></a></b>', '{"a":1}']) {
    t.throws(() => parseXml(text), { code: 'MalformedXML' }, text)
  }
})

t.test('keeps unknown references unchanged', async t => {
  t.equal(parseXml('<a>&nbsp;&#x110000;</a>').text, '&nbsp;&#x110000;')
})
