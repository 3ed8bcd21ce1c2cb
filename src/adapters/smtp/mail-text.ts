import { Buffer } from 'node:buffer';

export type MailParts = {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Before the at sign of the Message-ID: the same for every attempt, so that readers see one mail. */
  readonly messageId: string;
  readonly atMs: number;
};

const LINE_BYTES = 76;
const SUBJECT_LENGTH_MAX = 120;

/** A mail as SMTP sends it (RFC 5322 and MIME): text in base64, so that no line of it can be taken for a command. */
export function mailText({ from, to, subject, text, messageId, atMs }: MailParts): string {
  const domain = from.slice(from.indexOf('@') + 1);
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE_BYTES}}`, 'g')) ?? [];
  const short = [...subject.replace(/\s+/g, ' ')].slice(0, SUBJECT_LENGTH_MAX).join('');
  return [
    `From: <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(', ')}`,
    `Subject: ${encodedWords(short)}`,
    `Date: ${new Date(atMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${Buffer.from(messageId, 'utf8').toString('hex')}@${domain}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...lines,
    '',
  ].join('\r\n');
}

/** A header's text in encoded words (RFC 2047) of at most 75 characters each. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 40) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?utf-8?B?${Buffer.from(each, 'utf8').toString('base64')}?=`).join('\r\n ');
}
