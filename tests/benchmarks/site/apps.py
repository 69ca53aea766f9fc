from django.apps import AppConfig


class BenchSite(AppConfig):
    name = "tests.benchmarks.site"
    label = "bench_site"
