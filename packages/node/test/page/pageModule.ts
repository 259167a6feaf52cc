/** A module of the page. It has no types, as the page is served as it is written. */
export const pageModule = (name: string): Promise<any> => import(new URL(`../../page/${name}`, import.meta.url).href)
