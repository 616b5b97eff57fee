package postgresauditexporter

import (
	"fmt"

	"go.uber.org/zap"

	"telltale.dev/otelcol/postgresauditexporter/internal/checkpoint"
	"telltale.dev/otelcol/postgresauditexporter/internal/checkpointer"
	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

// readCheckpointKey answers with nil when there is to be no key.
func readCheckpointKey(config CheckpointConfig, logger *zap.Logger) (*checkpoint.Key, error) {
	if config.KeyFile == "" {
		logger.Warn(`The audit trail is stored but not signed: whoever owns the database can change it unseen. ` +
			`Set "checkpoint.key_file" (in our configurations AUDIT_CHECKPOINT_KEY_FILE) to a key that "telltale audit keygen" has made.`)
		return nil, nil
	}
	key, err := checkpoint.ReadKey(config.KeyFile, config.KeyName)
	if err != nil {
		return nil, fmt.Errorf(`"checkpoint.key_file": %w`, err)
	}
	return key, nil
}

// startCheckpoints signs the log of the present sealer until it is stopped. It answers with nil when
// there is no key.
func (e *auditExporter) startCheckpoints(key *checkpoint.Key) (*checkpointer.Checkpointer, error) {
	if key == nil {
		return nil, nil
	}
	started, err := checkpointer.Start(checkpointer.Settings{
		Key:       key,
		Directory: e.config.Checkpoint.Directory,
		Interval:  e.config.Checkpoint.Interval,
		Name:      e.name,
		Current:   func() checkpointer.Log { return sealerLog{e.store.sealers.get()} },
		Database:  sealerDatabase{e.store},
		Report:    e.health.reportSigning,
		Logger:    e.logger,
		Meter:     e.metrics.meter,
		Exporter:  e.metrics.attributes,
	})
	if err != nil {
		return nil, fmt.Errorf(`"checkpoint.directory": %w`, err)
	}
	return started, nil
}

// sealerLog is a sealer as the checkpointer sees it.
type sealerLog struct{ *sealer }

func (l sealerLog) Sealer() string { return formatUUID(l.id) }

func (l sealerLog) Prefix() (uint64, merkle.Hash) { return l.log.Prefix() }
