/* A list of which only what is on the screen is drawn: 10,000 rows cost what 40 do. Rows have the heights that they have; those not
 * drawn yet are taken to be as high as the others on average. It scrolls with the page. */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { t } from './texts';

interface Props<T> {
    rows: T[];
    keyOf: (row: T) => string;
    children: (row: T) => ComponentChildren; /* what stands in the row's <li class="row"> */
    label: string;
    estimate?: number; /* px of a row */
    isOpen?: (row: T) => boolean; /* gets the class "open" */
    see?: (first: number, last: number) => void; /* which rows are on the screen, by place */
    more?: (() => void) | null; /* wanted when the end comes near */
    newer?: boolean;
    toTop?: () => void;
}

const MOST_MADE = 200;
const SPARE = 8, STEP = 2; /* rows drawn above and below the screen, in steps of so many: not every pixel draws anew */

/* Most rows are as high as the first that was drawn; only the others are remembered, so that scrolling on reckons nothing anew. */
class Heights {
    standard = 0;
    private others = new Map<string, number>();

    of(key: string): number { return this.others.get(key) ?? this.standard; }

    /* True: it was another one so far. */
    set(key: string, height: number): boolean {
        const first = !this.standard;
        if (first) this.standard = height;
        if (!first && Math.abs(this.of(key) - height) < 0.5) return false;
        if (Math.abs(this.standard - height) < 0.5) this.others.delete(key); else this.others.set(key, height);
        return true;
    }
}

/* Where row i begins, for all i, and where the last one ends. */
function places<T>(rows: T[], keyOf: (row: T) => string, heights: Heights, estimate: number): Float64Array {
    const at = new Float64Array(rows.length + 1);
    for (let i = 0; i < rows.length; i++) at[i + 1] = at[i]! + (heights.of(keyOf(rows[i]!)) || estimate);
    return at;
}

/* The last i with at[i] <= y. */
function rowAt(at: Float64Array, y: number): number {
    let low = 0, high = at.length - 1;
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (at[middle]! <= y) low = middle; else high = middle - 1;
    }
    return low;
}

/* The items, each made once as long as nothing but the place in the list moves: what is the same object is not looked through again. */
function useItems<T>({ keyOf, children, isOpen, rows }: Pick<Props<T>, 'keyOf' | 'children' | 'isOpen' | 'rows'>): (row: T, at: number) => VNode {
    const made = useMemo(() => new Map<T, VNode>(), [children, rows]);
    return (row, at) => {
        const known = made.get(row);
        if (known) return known;
        const item = <li key={keyOf(row)} data-key={keyOf(row)} class={isOpen?.(row) ? 'row open' : 'row'} aria-posinset={at + 1} aria-setsize={rows.length}>{children(row)}</li>;
        if (made.size >= MOST_MADE) made.clear(); /* each holds its elements */
        made.set(row, item);
        return item;
    };
}

export function Windowed<T>({ rows, keyOf, children, label, estimate = 64, isOpen, see, more, newer, toTop }: Props<T>) {
    const [, draw] = useReducer((n: number) => n + 1, 0);
    const list = useRef<HTMLUListElement>(null);
    const heights = useRef(new Heights()), measured = useRef(0);
    const at = useMemo(() => places(rows, keyOf, heights.current, estimate), [rows, measured.current]);
    const range = useRef<() => [number, number]>(() => [0, 0]);
    range.current = () => {
        const top = list.current ? -list.current.getBoundingClientRect().top : 0;
        return [Math.max(0, Math.floor((rowAt(at, top) - SPARE) / STEP) * STEP), Math.min(rows.length - 1, Math.ceil((rowAt(at, top + innerHeight) + SPARE) / STEP) * STEP)];
    };
    const [first, last] = range.current();
    const drawn = useRef([0, 0]);
    drawn.current = [first, last];
    const items = useItems({ keyOf, children, isOpen, rows });
    useEffect(() => {
        let asked = 0;
        const look = () => { asked = 0; if (String(range.current()) !== String(drawn.current)) draw(0); };
        const moved = () => { asked ||= requestAnimationFrame(look); };
        addEventListener('scroll', moved, { passive: true });
        addEventListener('resize', moved);
        return () => { removeEventListener('scroll', moved); removeEventListener('resize', moved); cancelAnimationFrame(asked); };
    }, []);
    useLayoutEffect(() => {
        let changed = false; /* the first drawing could not know where the list stands: its first row is news */
        for (const item of Array.from(list.current?.children ?? []) as HTMLElement[]) {
            if (item.dataset.key !== undefined) changed = heights.current.set(item.dataset.key, item.getBoundingClientRect().height) || changed;
        }
        if (changed) { measured.current++; draw(0); }
    });
    useEffect(() => {
        see?.(Math.max(0, first + (first ? SPARE : 0)), last);
        if (more && last >= rows.length - 1 - SPARE) more();
    }, [first, last, rows.length]);
    const up = () => { toTop?.(); scrollTo({ top: 0 }); };
    return (
        <>
            {newer && <button type="button" class="newer" onClick={up}>{t('newer')}</button>}
            <ul class="rows" ref={list} aria-label={label} style={{ paddingTop: `${at[first]}px`, paddingBottom: `${at[rows.length]! - at[Math.min(last + 1, rows.length)]!}px` }}>
                {rows.slice(first, last + 1).map((row, i) => items(row, first + i))}
            </ul>
        </>
    );
}
