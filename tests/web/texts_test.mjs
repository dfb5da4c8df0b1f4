#!/usr/bin/env node
/* The table of texts: each key stands once (tables are merged, and a later one would silently take the place of an earlier), is used,
 * and asks for the same values in both languages. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, check } from './lib.mjs';

const SOURCES = join(ROOT, 'web/src');
const files = readdirSync(SOURCES, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
const code = files.filter((name) => !name.startsWith('texts/')).map((name) => readFileSync(join(SOURCES, name), 'utf8')).join('\n');
const texts = files.filter((name) => name.startsWith('texts/')).map((name) => readFileSync(join(SOURCES, name), 'utf8')).join('\n');
const keys = [...texts.matchAll(/^ {4}(\w+): \[/gm)].map((found) => found[1]);
const valuesOf = (text) => [...new Set([...text.matchAll(/(?<!\$)\{(\w+)\}/g)].map((found) => found[1]))].sort().join();
const pairs = [...texts.matchAll(/^ {4}(\w+): \[\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),?\s*\]/gm)];

check(`${keys.length} texts, each key once`, new Set(keys).size === keys.length, keys.filter((key, i) => keys.indexOf(key) !== i).join());
const unused = keys.filter((key) => !new RegExp(`['"]${key}['"]`).test(code));
check('texts: all are used', !unused.length, unused.join());
check('texts: all are read by this test', pairs.length === keys.length, `${pairs.length} of ${keys.length}`);
const uneven = pairs.filter(([, , english, german]) => valuesOf(english) !== valuesOf(german)).map(([, key]) => key);
check('texts: both languages name the same values', !uneven.length, uneven.join());
