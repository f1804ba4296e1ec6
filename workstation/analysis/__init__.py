"""Evidence becomes findings: patches, embeddings, maps, findings. numpy only; torch lives in `model/`."""
