/* A list that grows as one goes down, and stays true while things change on the server.
 *
 * It is kept in pages, each asked for behind the last row of the one before (keyset paging), so that rows that come at the top move
 * nothing further down. When something changed, what is on the screen is asked for again, and only that: a list of 10,000 rows costs
 * no more than one of 100. Pages far below what is seen are let go, so an open page does not grow over the hours. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { list, type Page, Problem, type Query } from './api';
import { onChange } from './live';
import { t } from './texts';

interface Piece<T> { after: string | undefined; rows: T[]; next: string | null }
interface State<T> { pieces: Piece<T>[]; total: number; newer: boolean }

export interface Listed<T> {
    data: Page<T> | null; /* null: not loaded yet */
    problem: Problem | null;
    reload: () => void;
    more: (() => void) | null; /* null: that is all, or it is under way */
    newer: boolean; /* there are rows above that are not shown, because the reader is further down: toTop shows them */
    toTop: () => void;
    see: (first: number, last: number) => void; /* which rows are on the screen; a list that never says so is seen whole */
}

const PIECE = 50, NEXT_LOOK = 250 /* ms between two loads, however much changes */, TOP = 25 /* rows: further down, nothing is pushed in above */;
const MOST_WHOLE = 10; /* pieces that are asked for again when nobody says what is seen */

type Row = { id: string };

function rowsOf<T extends Row>(pieces: Piece<T>[]): T[] {
    const known = new Set<string>(), rows: T[] = [];
    for (const piece of pieces)
        for (const row of piece.rows)
            if (!known.has(row.id)) { known.add(row.id); rows.push(row); }
    return rows;
}

/* The pieces that hold the rows from first to last, by their places in the list. */
function seenPieces<T>(pieces: Piece<T>[], first: number, last: number): [number, number] {
    let at = 0, from = 0, to = 0;
    pieces.forEach((piece, i) => {
        if (at <= first) from = i;
        if (at <= last) to = i;
        at += piece.rows.length;
    });
    return [from, to];
}

class List<T extends Row> {
    pieces: Piece<T>[] = [];
    total = 0;
    newer = false;
    first = 0;
    last = Infinity;
    private stop = new AbortController();
    private busy = false;
    private again = { look: false, more: false };
    private timer = 0;

    constructor(private path: string, private query: Query, private tell: (state: State<T> | null, problem: Problem | null) => void) {}

    end(): void { this.stop.abort(); clearTimeout(this.timer); }

    private async ask(after: string | undefined, most = PIECE): Promise<Piece<T> & { total: number }> {
        const page = await list<T>(this.path, { ...this.query, $top: most, $after: after }, this.stop.signal);
        return { after, rows: page.rows, next: page.next, total: page.total };
    }

    /* One thing at a time; what is wished for meanwhile is done once, afterwards. */
    private async alone(name: 'look' | 'more', what: () => Promise<void>): Promise<void> {
        if (this.busy) { this.again[name] = true; return; }
        this.busy = true;
        try {
            await what();
            if (!this.stop.signal.aborted) this.tell({ pieces: this.pieces, total: this.total, newer: this.newer }, null);
        } catch (error) {
            if (!this.stop.signal.aborted) this.tell(null, error instanceof Problem ? error : new Problem(0, String(error)));
        }
        this.timer = window.setTimeout(() => {
            const { look, more } = this.again;
            this.busy = false;
            this.again = { look: false, more: look && more };
            if (look) this.look(); else if (more) this.more();
        }, this.stop.signal.aborted ? 0 : NEXT_LOOK);
    }

    look = (): void => { void this.alone('look', () => (this.first > TOP ? this.lookHere() : this.lookFromTop())); };

    /* From the first row to what is seen, then a piece more than that is kept. */
    private async lookFromTop(): Promise<void> {
        const wanted = this.last === Infinity ? Math.min(this.pieces.length || 1, MOST_WHOLE) : seenPieces(this.pieces, 0, this.last)[1] + 1;
        const fresh: Piece<T>[] = [];
        for (let after: string | undefined, i = 0; i < wanted; i++) {
            const piece = await this.ask(after);
            if (!i) this.total = piece.total;
            fresh.push(piece);
            if (!piece.next) break;
            after = piece.next;
        }
        this.pieces = fresh;
        this.newer = false;
    }

    /* What is seen, in its place; and whether something is new above. */
    private async lookHere(): Promise<void> {
        const [from, to] = seenPieces(this.pieces, this.first, this.last);
        const kept = this.pieces.slice(0, to + 2);
        for (let i = from; i <= to && i < kept.length; i++) kept[i] = await this.ask(kept[i]!.after);
        const top = await this.ask(undefined, 1);
        this.total = top.total;
        this.newer = top.rows[0]?.id !== this.pieces[0]?.rows[0]?.id;
        this.pieces = kept;
    }

    more = (): void => {
        const next = this.pieces.at(-1)?.next;
        if (next) void this.alone('more', async () => { this.pieces = [...this.pieces, await this.ask(next)]; });
    };

    toTop = (): void => { this.first = 0; this.last = PIECE; this.look(); };
}

export function useList<T extends Row>(path: string, query: Query, kinds: string[]): Listed<T> {
    const key = path + JSON.stringify(query);
    const [state, setState] = useState<{ key: string; data: State<T> | null; problem: Problem | null }>({ key, data: null, problem: null });
    const kept = useRef<List<T> | null>(null);
    useEffect(() => {
        const one = new List<T>(path, query, (data, problem) => setState((s) => ({ key, data: data ?? (s.key === key ? s.data : null), problem })));
        kept.current = one;
        one.look();
        const off = onChange(kinds, one.look);
        return () => { off(); one.end(); };
    }, [key]);
    const mine = state.key === key ? state.data : null;
    const next = mine?.pieces.at(-1)?.next ?? null;
    const data = useMemo(() => mine && { rows: rowsOf(mine.pieces), total: mine.total, next }, [mine]);
    return {
        data, problem: state.key === key ? state.problem : null,
        reload: () => kept.current?.look(), more: next ? () => kept.current?.more() : null, newer: mine?.newer ?? false, toTop: () => kept.current?.toTop(),
        see: (first, last) => { if (kept.current) { kept.current.first = first; kept.current.last = last; } },
    };
}

/* "50 of 1000+": what is shown, and of how many as far as was counted. */
export const shownText = (page: Page<unknown>): string => t('shown', { count: page.rows.length, total: page.next && page.rows.length >= page.total ? `${page.rows.length}+` : page.total });
