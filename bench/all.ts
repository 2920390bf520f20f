// Every benchmark of the gateway, one after the other: `npx tsx bench/all.ts`. About a quarter of an hour.

for (const name of ['plan', 'route', 'reads', 'content']) {
  console.log(`\n## ${name}\n`);
  await import(`./${name}.ts`);
}
