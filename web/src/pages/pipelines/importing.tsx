/* Import: a YAML file, what the server says of each document in it before, and what came of each of them after. */
import { useState } from 'preact/hooks';
import { type Finding, P, Problem, call } from '../../api';
import { Dialog, Trouble, useAction } from '../../parts';
import { t } from '../../texts';
import { type Checked, checkText } from './definition';
import { FindingList } from './problems';

interface Document { name: string; kind: string; checked: boolean; findings: Finding[] }
interface Outcome { name: string; status: string; message: string }

const LARGEST = 4 * 1024 * 1024;

/* A "---" at the beginning of a line always parts documents; each knows where in the file it begins. */
function documentsOf(text: string): { text: string; line: number }[] {
    const parts: { text: string; line: number }[] = [{ text: '', line: 1 }];
    text.split('\n').forEach((line, i) => {
        if (/^---(\s|$)/.test(line)) parts.push({ text: line.slice(3) + '\n', line: i + 1 });
        else parts[parts.length - 1]!.text += line + '\n';
    });
    return parts.filter((part) => part.text.replace(/^\s*#.*$/gm, '').trim());
}

const word = (text: string, key: string) => new RegExp(`^${key}:\\s*(.*?)\\s*$`, 'm').exec(text)?.[1]?.replace(/^(['"])(.*)\1$/, '$2') ?? '';

async function look({ text, line }: { text: string; line: number }): Promise<Document> {
    const kind = word(text, 'kind').toUpperCase(), name = word(text, 'name');
    if (kind !== 'PIPELINE' && kind !== '') return { name, kind, checked: false, findings: [] };
    const found: Checked = await checkText(text);
    const findings = found.problems.map((f) => (f.line ? { ...f, line: f.line + line - 1 } : f));
    return { name: found.pipeline?.name ?? name, kind: kind || '?', checked: true, findings };
}

/* The answer is YAML of our own making: name, status, statusMessage for each. */
function outcomesOf(answer: string): Outcome[] {
    return documentsOf(answer).map(({ text }) => {
        const message = text.split(/^statusMessage:/m)[1] ?? '';
        return { name: word(text, 'name'), status: word(text, 'status'), message: message.replace(/\s+/g, ' ').trim().replace(/^(['"])(.*)\1$/, '$2').replace(/''/g, "'") };
    });
}

function Documents({ of, file }: { of: Document[]; file: string }) {
    return (
        <section class="stack"><h3>{t('importDocuments', { n: of.length, file })}</h3>
            <ul class="import-documents">{of.map((one, i) => (
                <li key={i}><p><strong>{one.name || '–'}</strong> <span class="chip">{one.kind}</span>
                    {!one.findings.length && <small>{t(one.checked ? 'importFine' : 'importChecked')}</small>}</p>
                    <FindingList of={one.findings} /></li>))}</ul></section>
    );
}

function Done({ of, close }: { of: Outcome[]; close: () => void }) {
    return (
        <>
            <p class="notice done" role="status">{t('importDone')}</p>
            <ul class="import-documents">{of.map((one, i) => (
                <li key={i}><p><strong>{one.name}</strong> <span class="chip">{one.status === 'CREATED' || one.status === 'UPDATED' ? t(one.status) : one.status}</span></p>
                    {one.message && <small>{one.message}</small>}</li>))}</ul>
            <footer><button type="button" class="primary" onClick={close}>{t('close')}</button></footer>
        </>
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
    const [file, setFile] = useState<{ name: string; text: string; documents: Document[] } | null>(null);
    const [over, setOver] = useState(false), [done, setDone] = useState<Outcome[] | null>(null);
    const { busy, problem, run } = useAction();
    const take = (chosen: File) => run(async () => {
        setFile(null);
        if (chosen.size > LARGEST) throw new Problem(0, t('importTooLarge'));
        const text = await chosen.text();
        setFile({ name: chosen.name, text, documents: await Promise.all(documentsOf(text).map(look)) });
    });
    const send = () => run(async () => {
        const answer = await call<string>('POST', `${P}/import?action=${over ? 'apply' : 'create'}`, file!.text, undefined, { 'Content-Type': 'application/x-yaml' });
        setDone(outcomesOf(answer));
    });
    const wrong = file?.documents.some((d) => d.findings.some((f) => f.level === 'ERROR'));
    return (
        <Dialog title={t('newImport')} close={close} wide>
            {done ? <Done of={done} close={close} /> : <>
                <Chooser take={take} />
                {file && <Documents of={file.documents} file={file.name} />}
                {file && <label class="check"><input type="checkbox" checked={over} onChange={(e) => setOver(e.currentTarget.checked)} />{t('importOver')}</label>}
                <Trouble problem={problem} />
                <footer><button type="button" onClick={close}>{t('cancel')}</button>
                    <button type="button" class="primary" disabled={busy || !file?.documents.length || wrong} onClick={send}>{busy ? t('loading') : t('importNow')}</button></footer></>}
        </Dialog>
    );
}
