"""Google Cloud as one record. Owns its figures and names; refers to what is heavy, and imports none of it."""

from twin2multicloud.domain.cloud_services import CloudServices
from twin2multicloud.domain.components import Kind, SignIn
from twin2multicloud.domain.placement import Cloud
from twin2multicloud.planning.clouds import CloudPack, Deployed, Footprint, Packaging

GCP = Cloud("gcp")

PACK = CloudPack(
    name=GCP,
    label="Google Cloud",
    style="green3",
    colour="#1e8e3e",
    events="twin2multicloud.emulator.events.gcp:EVENT_SOURCE",
    tariff="twin2multicloud.costs.gcp_tariff:GcpTariff",
    prices="twin2multicloud.costs.snapshots:shipped_prices",
    fetcher="twin2multicloud.costs.gcp_fetch:fetch_gcp",
    renderer="twin2multicloud.terraform.render.on_gcp.cloud:RENDERER",
    # cloud.google.com storage/docs/buckets#naming; pubsub/docs/pubsub-basics#resource_names
    reserved="^goog|g[o0]{2}gle",
    services=CloudServices(
        twin_reads=True,
        twin_sign_in=SignIn.TOKEN,
        remote_twin_sign_in=SignIn.TOKEN,
        hot_store_plugin=True,
        own={
            Kind.DEVICE_GATEWAY: "/topics",  # IoT Core ended in August 2023
            Kind.TWIN_SERVICE: "/twin-service",
        },
        topics="a path of the device gateway, POST /topics/<topic>; there is no MQTT",
        ignored_topics="a path of the device gateway, answered and dropped",
    ),
    footprint=Footprint(
        watts_per_vcpu=2.49,  # half load: Cloud Carbon Footprint's methodology, recalled
        pue=1.1,
        kg_per_kwh=0.14,  # Belgium, mean of 2023, rounded, recalled
    ),
    # Cloud Run has what requirements.txt lists and nothing else (cloud.google.com, run runtimes python-dependencies).
    packaging=Packaging(
        entry_file="main.py",
        entry_name="main",  # the target that functions-framework starts
        brought_by={
            "flask": "",
            "functions_framework": "functions-framework",
            "google.api_core": "google-api-core",
            "google.auth": "google-auth",
            "google.oauth2": "google-auth",
            "google.cloud.firestore": "google-cloud-firestore",
            "google.cloud.firestore_v1": "google-cloud-firestore",
            "google.cloud.pubsub": "google-cloud-pubsub",
            "google.cloud.pubsub_v1": "google-cloud-pubsub",
            "google.cloud.secretmanager": "google-cloud-secret-manager",
            "google.cloud.secretmanager_v1": "google-cloud-secret-manager",
            "google.cloud.storage": "google-cloud-storage",
            "google.pubsub_v1": "google-cloud-pubsub",
            "grpc": "grpcio",
        },
        namespaces=frozenset({"google", "google.cloud"}),
        vendored=False,  # Cloud Run's build reads requirements.txt
    ),
    deployed=Deployed(
        sign="gcp_device_registry",
        registry="twin2multicloud.clouds.gcp.device_registry:open_registry",
        connection="twin2multicloud.clouds.gcp.device_connection:connection",
        device_key="twin2multicloud.clouds.gcp.device_connection:device_key",
        invocation="twin2multicloud.clouds.gcp.invocation:open_invocation",
        account="twin2multicloud.clouds.gcp.cloud_account:open_account",
        dead_letters="twin2multicloud.clouds.gcp.dead_letter_queues:open_dead_letters",
        logs="twin2multicloud.clouds.gcp.function_logs:open_logs",
        code="twin2multicloud.clouds.gcp.code_publisher:open_publisher",
        opener="twin2multicloud.clouds.gcp.service_opener:open_opener",
        gone_with="google_firestore_database.device_registry",
        register_by_hand="""A document in the Firestore database of the output `gcp_device_registry`, in the collection
`devices`: `device_id`; `sort_key`, which is also the document's name (the id, other bytes than letters and digits
spelt as `stores/rows.py` of Twin2MultiCloud spells them); and `fingerprint`, the SHA-256 of the device's key in hex.
The key is the password of its Basic authentication.
""",
    ),
)
