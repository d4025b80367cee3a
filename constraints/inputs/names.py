"""What people and frameworks call the decisions of a layout and the lengths of a workload."""

from constraints.quantity import Record

INPUTS = (
    Record(
        "tp",
        aliases=("tp_size", "tensor_parallel", "tensor_parallel_size", "tensor_parallel_degree",
                 "tensor_model_parallel_size"),
    ),
    Record(
        "pp",
        aliases=("pp_size", "pipeline_parallel", "pipeline_parallel_size", "pipeline_parallel_degree",
                 "pipeline_model_parallel_size"),
    ),
    Record("dp", aliases=("dp_size", "data_parallel", "data_parallel_size", "data_parallel_degree")),
    Record("cp", aliases=("cp_size", "context_parallel", "context_parallel_size", "context_parallel_degree")),
    Record(
        "ep",
        aliases=("ep_size", "expert_parallel", "expert_parallel_size", "expert_parallel_degree",
                 "expert_model_parallel_size"),
    ),
    Record("vpp", aliases=("vp_size", "virtual_pipeline_model_parallel_size")),
    Record("sp", aliases=("sequence_parallel",)),
    Record("micro_batch", aliases=("mbs", "micro_batch_size")),
    Record("global_batch", aliases=("gbs", "global_batch_size")),
    Record("batch", aliases=("batch_size",)),
    Record("sequence_length", aliases=("seq_len", "seq_length", "seqlen")),
    Record("input_tokens", aliases=("isl", "input_len", "input_length")),
    Record("output_tokens", aliases=("osl", "output_len", "output_length")),
    Record("answer_rate", aliases=("qps",)),
    Record("concurrency", aliases=("max_concurrency", "users")),
)  # fmt: skip
