"""The seam to AWS: sessions, Regions, fan-out, paging, pacing, errors; the only importer of boto3."""
