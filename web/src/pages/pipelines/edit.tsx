import { Head } from '../../parts';
import { t } from '../../texts';

export default function PipelinePage() {
    return <Head title={t('pipelines')} />;
}
