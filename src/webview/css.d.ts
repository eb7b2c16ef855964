/** Style sheets are bundled by esbuild; as modules they hold nothing. */
declare module '*.css' {}
