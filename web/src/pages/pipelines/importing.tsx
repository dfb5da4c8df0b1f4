/* Import: a YAML file, what would come of each document in it (the server rehearses it all), and what came of each of them after. A secret that
 * stands in one as it is becomes a variable by a button. */
import { useState } from 'preact/hooks';
import { type Finding, P, Problem, call } from '../../api';
import { Dialog, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { FindingList } from './problems';

interface Row { kind: string; project?: string; name: string; status: string; warnings: Finding[] }

const LARGEST = 1024 * 1024;
const SECURED: Record<string, string> = { PIPELINE: 'pipelines', ENDPOINT: 'endpoints', VARIABLE: 'variables' };

const send = async (text: string, over: boolean, rehearse: boolean): Promise<Row[]> => (await call<{ documents: Row[] }>('POST', `${P}/import?action=${over ? 'apply' : 'create'}${rehearse ? '&dryRun=true' : ''}`,
    text, undefined, { 'Content-Type': 'application/x-yaml', Accept: 'application/json' })).documents;

/* What is wrong with single documents is shown at them; anything else is the problem of the file. */
async function rehearse(text: string, over: boolean): Promise<Row[]> {
    try {
        return await send(text, over, true);
    } catch (problem) {
        if (problem instanceof Problem && problem.documents.length) return problem.documents as Row[];
        throw problem;
    }
}

const wordOf = (row: Row) => (row.status === 'CREATED' || row.status === 'UPDATED' ? t(row.status) : row.status === 'FAILED' ? t('importFailed') : row.status);

/* One secret: moved into a variable there, at the server. */
function Secure({ row, finding }: { row: Row; finding: Finding }) {
    const [done, setDone] = useState('');
    const { busy, problem, run } = useAction();
    const path = `${P}/${SECURED[row.kind]}/${encodeURIComponent(row.project ?? '')}/${encodeURIComponent(row.name)}/secrets`;
    const secure = () => run(async () => {
        const answer = await call<{ secured: { variable: string }[] }>('POST', path, { pointer: finding.pointer, variable: finding.variable });
        setDone(answer.secured.map((one) => `\${var.${one.variable}}`).join(', '));
    });
    if (done) return <small class="secured" role="status">{row.kind === 'VARIABLE' ? t('securedVariable') : t('securedBy', { reference: done })}</small>;
    return <span><button type="button" disabled={busy} onClick={secure}>{t('secure')}</button><Trouble problem={problem} /></span>;
}

function Documents({ of, after }: { of: Row[]; after: boolean }) {
    const act = (row: Row) => (f: Finding) => (after && f.variable && SECURED[row.kind] ? <Secure row={row} finding={f} /> : null);
    return (
        <ul class="import-documents">{of.map((row, i) => (
            <li key={i}><p><strong>{row.name || '–'}</strong> <span class="chip">{row.kind}</span> <small>{wordOf(row)}</small>
                {!row.warnings.length && !after && <small>{t('importFine')}</small>}</p>
                <FindingList of={row.warnings} act={act(row)} /></li>))}</ul>
    );
}

function Chooser({ take }: { take: (file: File) => void }) {
    const [over, setOver] = useState(false);
    return (
        <label class={over ? 'dropping over' : 'dropping'} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
            onDrop={(e) => { e.preventDefault(); setOver(false); const file = e.dataTransfer?.files[0]; if (file) take(file); }}>
            <span>{t('importHint')}</span>
            <input type="file" accept=".yaml,.yml,.json,application/x-yaml" aria-label={t('chooseFile')} onChange={(e) => { const file = e.currentTarget.files?.[0]; if (file) take(file); }} />
        </label>
    );
}

export function ImportWindow({ close }: { close: () => void }) {
    const [file, setFile] = useState<{ name: string; text: string } | null>(null), [rows, setRows] = useState<Row[] | null>(null);
    const [over, setOver] = useState(false), [done, setDone] = useState<Row[] | null>(null);
    const { busy, problem, run } = useAction();
    const look = (chosen: { name: string; text: string }, changes: boolean) => run(async () => {
        setRows(null);
        setFile(chosen);
        setRows(await rehearse(chosen.text, changes));
    });
    const take = (chosen: File) => run(async () => {
        setFile(null);
        if (chosen.size > LARGEST) throw new Problem(0, t('importTooLarge'));
        look({ name: chosen.name, text: await chosen.text() }, over);
    });
    const change = (changes: boolean) => {
        setOver(changes);
        if (file) look(file, changes);
    };
    const wrong = rows?.some((row) => row.status === 'FAILED');
    return (
        <Dialog title={t('newImport')} close={close} wide>
            {done ? <><p class="notice done" role="status">{t('importDone')}</p><Documents of={done} after />
                <footer><button type="button" class="primary" onClick={close}>{t('close')}</button></footer></> : <>
                <Chooser take={take} />
                {file && rows && <section class="stack"><h3>{t('importDocuments', { n: rows.length, file: file.name })}</h3><Documents of={rows} after={false} /></section>}
                {file && <label class="check"><input type="checkbox" checked={over} onChange={(e) => change(e.currentTarget.checked)} />{t('importOver')}</label>}
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t('cancel')}</button>
                    <button type="button" class="primary" disabled={busy || !rows?.length || wrong} onClick={() => run(async () => { setDone(await send(file!.text, over, false)); })}>{busy ? t('loading') : t('importNow')}</button></footer></>}
        </Dialog>
    );
}
