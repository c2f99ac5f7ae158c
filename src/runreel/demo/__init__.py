"""A small agent that really works, so that there are runs to look at; and an example of recording by plain HTTP.

Start reading at `recording`: what a run is made of, record by record. `delivery` brings records to the server,
`agent` is the agent, `toolbox` its tools, `scripted_model` the model that it asks.
"""
