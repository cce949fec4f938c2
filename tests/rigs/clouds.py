"""The clouds of ours that tests place twins on, by name."""

from twin2multicloud.domain.placement import Cloud

AWS, AZURE, GCP = Cloud("aws"), Cloud("azure"), Cloud("gcp")
ALL = (AWS, AZURE, GCP)
