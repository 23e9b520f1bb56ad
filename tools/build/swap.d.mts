export function swapFolder(built: string, place: string): void;
