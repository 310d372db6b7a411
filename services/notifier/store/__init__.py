"""MongoDB: the inbox, and the projections of people and agendas. The only modules of this service that query it."""
