"""Keys that a spec has no use for, by pattern, and why. What is in no table is reported as unknown.

Sources: TrainingArguments of transformers for what the tools share, and the sources named in each tool's module.
"""

from __future__ import annotations

MACHINE = "it concerns the machine, speed, logging or saving, of which a spec says nothing"
OTHER = "this version of tunec has no such setting"
TEMPLATE = "tunec renders rows with the chat template of the model"
CODE = "tunec never runs code that comes with data or models"
SHUFFLED = "`train` shuffles its rows by the seed of the spec"


def table(*parts: tuple[str, str]) -> dict[str, str]:
    """Reasons by pattern, from pairs of a reason and patterns with blanks between them."""
    return {pattern: reason for reason, patterns in parts for pattern in patterns.split()}


_COMMON = table(
    (CODE, "trust_remote_code"),
    (SHUFFLED, "data_seed"),
    (
        MACHINE,
        r"""
        output_dir overwrite_output_dir logging_\w+ log_\w+ save_\w+ report_to run_name resume_from_checkpoint
        push_to_hub hub_\w+ wandb_\w+ mlflow_\w+ trackio_\w+ swanlab_\w+ use_wandb use_mlflow use_tensorboard
        do_\w+ debug disable_tqdm bf16\w* fp16\w* tf32 torch_\w+ deepspeed fsdp\w* ddp\w* local_rank
        (activation|gradient)_(checkpointing|offloading)\w* use_liger_kernel liger_\w+ full_determinism
        accelerator_config parallelism_config auto_find_batch_size average_tokens_across_devices include_\w+
        load_in_[48]bit bnb_\w+ dataloader_\w+ streaming eval_\w+ per_device_eval_batch_size prediction_loss_only
        metric_for_best_model greater_is_better load_best_model_at_end group_by_length remove_unused_columns
        skip_memory_metrics use_cpu use_cache low_cpu_mem_usage batch_eval_metrics label_names length_column_name
        restore_callback_states_from_checkpoint
        """,
    ),
    (
        OTHER,
        r"""
        optim optim_\w+ adam_\w+ max_grad_norm lr_scheduler_kwargs neftune_noise_alpha max_steps label_smoothing\w*
        loraplus_\w+
        """,
    ),
)

AXOLOTL = _COMMON | table(
    (
        TEMPLATE,
        r"""
        chat_template(_\w+)? special_tokens tokens added_tokens_overrides default_system_message eot_tokens
        train_on_eot template_thinking_key split_thinking
        """,
    ),
    (CODE, "plugins"),
    (SHUFFLED, "shuffle_\\w+ curriculum_sampling sample_packing_sequentially"),
    ("axolotl itself no longer reads it", "conversation field_human field_model"),
    (
        MACHINE,
        r"""
        model_type tokenizer_\w+ processor_type base_model_config cls_model_config is_\w+_derived_model
        fp8 bfloat16 float16 float32 gptq \w*attention \w*attn\w* \w*kernel\w* unsloth_\w+ device\w* world_size
        max_memory gpu_memory_limit comet_\w+ gradio_\w+ ray_\w+ use_comet use_ray cloud hf_use_auth_token
        push_dataset_to_hub dataset_prepared_path saves_per_epoch evals_per_epoch strict resume\w* auto_resume\w+
        early_stopping_patience dataset_processes dataset_num_proc dataset_keep_in_memory skip_prepare_dataset
        preprocess_\w+ sample_packing_\w+ pad_to_sequence_len multipack_\w+ batch_flattening pretrain_multipack_\w+
        context_parallel_size tensor_parallel_size sequence_parallel_degree heads_k_stride ring_attn_func
        flash_optimum vllm layer_offloading streaming_\w+ experimental_\w+ tiled_mlp\w* xformers bench_\w+ merge_lora
        merge_method loss_watchdog_\w+ gc_steps profiler_steps lora_on_cpu qlora_sharded_model_loading
        """,
    ),
    (
        OTHER,
        r"""
        optimizer lr_\w+ cosine_\w+ embedding_lr\w* peft peft_\w+ lora_\w+ relora\w* unfrozen_parameters reward_model
        process_reward_model trl use_pose pose_\w+ rope_\w+ overrides_of_model_config dpo_\w+ kto_\w+ orpo_\w+ cpo_\w+
        simpo_\w+ rpo_\w+ dataset_shard_\w+ min_sample_len excess_length_strategy pretraining_sample_concatenation
        resize_token_embeddings_to_32x shrink_embeddings embeddings_skip_upcast mean_resizing_embeddings num_labels
        fix_untrained_tokens qat quantization quantize_moe_experts revision_of_model max_prompt_len lisa_\w+ dion_\w+
        muon_\w+ image_\w+ cut_cross_entropy llama4_linearized_experts
        """,
    ),
)

LLAMAFACTORY = _COMMON | table(
    (TEMPLATE, "template tool_format default_system enable_thinking reasoning_effort preserve_thinking"),
    (CODE, r"allow_dangerous\w*"),
    (
        MACHINE,
        r"""
        plot_loss use_swanlab ray_\w+ hf_hub_token ms_hub_token om_hub_token pure_bf16 flash_attn infer_\w+
        quantization_\w+ double_quantization enable_liger_kernel use_unsloth\w* shift_attn use_kv_cache vllm_\w+
        disable_gradient_checkpointing use_reentrant_gc upcast_\w+ use_fast_tokenizer preprocessing_\w+ buffer_size
        overwrite_cache tokenized_path data_shared_file_system predict_with_generate cache_dir media_dir
        ignore_pad_token_for_loss compute_accuracy packing_\w+ export_\w+ max_new_tokens top_k top_p temperature use_kt
        kt_\w+ cpu_infer chunk_size use_fp8 fp8_\w+ use_v1_kernels resources_per_worker placement_strategy
        use_hyper_parallel
        """,
    ),
    (
        OTHER,
        r"""
        additional_target use_rslora use_dora use_galore use_apollo use_badam use_llama_pro use_adam_mini use_muon
        pissa_\w+ galore_\w+ apollo_\w+ badam_\w+ freeze_\w+ oft_\w+ ppo_\w+ kto_\w+ dpo_\w+ simpo_\w+ ref_model\w*
        reward_model\w* pref_\w+ ld_alpha create_new_adapter adapter_name_or_path adapter_folder resize_vocab
        rope_scaling mixture_of_depths moe_aux_loss_coef module_dropout image_\w+ video_\w+ audio_\w+ model_revision
        train_mm_proj_only use_dft_loss use_asft_loss asft_alpha use_eaft_loss eaft_alpha early_stopping_steps
        disable_shuffling split_special_tokens add_tokens add_special_tokens new_special_tokens_config
        """,
    ),
)

TRL = _COMMON | table(
    (TEMPLATE, "chat_template_path eos_token pad_token"),
    (CODE, "reward_funcs"),
    (SHUFFLED, "shuffle_dataset train_sampling_strategy"),
    (
        MACHINE,
        r"""
        env project dtype attn_implementation use_bnb_nested_quant dataset_num_proc dataset_streaming padding_free
        pad_to_multiple_of packing_strategy dataset_kwargs precompute_\w+ ignore_\w+ vllm_\w+ use_vllm
        enable_jit_checkpoint
        """,
    ),
    (
        OTHER,
        r"""
        use_rslora use_dora use_weighting lora_modules_to_save lora_target_parameters lora_task_type model_revision
        model_init_kwargs loss_type loss_weights ld_alpha f_divergence_type f_alpha_divergence_coef discopop_tau
        sync_ref_model ref_model_\w+ desirable_weight undesirable_weight disable_dropout router_aux_loss_coef
        num_generations max_completion_length max_prompt_length truncation_mode
        """,
    ),
)

UNSLOTH = table(
    (MACHINE, r"output_dir save_steps gradient_checkpointing load_in_4bit logging optim"),
    (OTHER, "max_steps use_rslora use_loftq use_dora vision_all_linear"),
    ("`modules` of `lora` says which weight matrices are trained", r"finetune_\w+"),
)
