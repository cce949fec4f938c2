"""A twin as the models of others: TwinMaker, DTDL, NGSI-LD, AAS, our twin service; and back. Pure."""
