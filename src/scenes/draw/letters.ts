/** Rows and columns of a letter. */
export const letterSize = { rows: 7, columns: 5 } as const;

/** Rows of each letter from the top, one digit of base 32 each, whose bits are its pixels. */
const letters: Readonly<Record<string, string>> = {
  ' ': '0000000',
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'uhhhhhu',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehgnhhe',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hikokih',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hpljhhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllrh',
  X: 'hha4ahh',
  Y: 'hha4444',
  Z: 'v1248gv',
  0: 'ehjlphe',
  1: '4c4444e',
  2: 'eh1248v',
  3: 'eh161he',
  4: '26aiv22',
  5: 'vgu11he',
  6: '68guhhe',
  7: 'v124888',
  8: 'ehhehhe',
  9: 'ehhf12c',
  '-': '000v000',
  _: '000000v',
  '.': '00000cc',
  ',': '0000c48',
  ':': '0cc0cc0',
  '(': '2488842',
  ')': '8422248',
  '/': '01248g0',
  '%': 'pp248jj',
  '+': '044v440',
  '&': 'cik8lid',
};

/** For all that has no picture here. */
const box = 'vhhhhhv';

/** Whether a pixel of a letter is set; small letters look like capitals. */
export function isInk(letter: string, row: number, column: number): boolean {
  const capital = letter.toUpperCase();
  const rows = Object.hasOwn(letters, capital) ? (letters[capital] ?? box) : box;
  const bits = Number.parseInt(rows[row] ?? '0', 32);
  return ((bits >> (letterSize.columns - 1 - column)) & 1) === 1;
}
