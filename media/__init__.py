"""The video gateway: a process of its own that pulls each watched camera once and hands its pictures to everybody who may see them."""
