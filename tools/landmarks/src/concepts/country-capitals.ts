/** Which city is the capital of which country, by concept id. */
export const COUNTRY_CAPITALS: readonly { country: string; capital: string }[] = [
  { country: 'france', capital: 'paris' },
  { country: 'japan', capital: 'tokyo' },
  { country: 'italy', capital: 'rome' },
  { country: 'spain', capital: 'madrid' },
  { country: 'china', capital: 'beijing' },
  { country: 'egypt', capital: 'cairo' },
  { country: 'peru', capital: 'lima' },
  { country: 'india', capital: 'delhi' },
  { country: 'greece', capital: 'athens' },
  { country: 'germany', capital: 'berlin' },
  { country: 'russia', capital: 'moscow' },
  { country: 'cuba', capital: 'havana' },
  { country: 'norway', capital: 'oslo' },
  { country: 'kenya', capital: 'nairobi' },
];
