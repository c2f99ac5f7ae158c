"""A small agent that really works, so that there are runs to look at; and an example of recording with `runreel`.

Start reading at `agent`, which works and says what it does; `toolbox` has its tools, `scripted_model` the model that it
asks. Of Runreel it uses what `import runreel` gives, like any other program.
"""
