export * from './dense';
export * from './sparse';
export * from './tensor';
