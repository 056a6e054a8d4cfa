from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from workbench.core.control import Control
from workbench.core.data.cache import Dataset
from workbench.core.errors import Stopped, WorkbenchError
from workbench.core.events import Advice, Event
from workbench.core.quality.reconstruction import ms_ssim
from workbench.core.quality.sharpness import sharpness_each
from workbench.core.runs.trained import TrainedModel, open_model
from workbench.core.training.budget import Budget
from workbench.jobs.api import run
from workbench.jobs.evaluate import Evaluation, evaluate
from workbench.jobs.prepare_data import prepare_data
from workbench.jobs.train import TrainRequest, train

AVATARS = "builtin:avatars"


@pytest.fixture(scope="module")
def model(trained_run: Path) -> TrainedModel:
    return open_model(trained_run)


@pytest.fixture(scope="module")
def dataset(model: TrainedModel) -> Dataset:
    return run(prepare_data(AVATARS, model.size))


@pytest.fixture(scope="module")
def evaluation(trained_run: Path) -> Evaluation:
    return run(evaluate(trained_run, AVATARS, samples=200))


def test_psnr_and_ssim_are_scikit_images_means_over_the_test_partition(
    evaluation: Evaluation, model: TrainedModel, dataset: Dataset
) -> None:
    pictures = dataset.pictures[dataset.rows(2)]
    pairs = list(zip(pictures, model.decode(model.encode(pictures)), strict=True))
    assert evaluation.images == len(pairs)
    assert evaluation.partition == "test"
    assert evaluation.psnr == pytest.approx(np.mean([peak_signal_noise_ratio(a, b) for a, b in pairs]), abs=1e-3)
    ssim = [
        structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=-1
        )
        for a, b in pairs
    ]
    assert evaluation.ssim == pytest.approx(np.mean(ssim), abs=1e-3)


def test_kl_and_active_units_are_those_of_the_encoders_distributions(
    evaluation: Evaluation, model: TrainedModel, dataset: Dataset
) -> None:
    images = torch.from_numpy(dataset.pictures[dataset.rows(2)]).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        mean, logvar = model.net.distribution(images)
    deviation = torch.exp(0.5 * logvar)
    normal = torch.distributions.Normal(torch.zeros(()), torch.ones(()))
    kl = torch.distributions.kl_divergence(torch.distributions.Normal(mean, deviation), normal).mean(dim=0)
    assert evaluation.kl == pytest.approx(float(kl.sum()), rel=1e-4)
    assert evaluation.active_units == int((kl > 0.1).sum())


def test_auc_is_that_of_a_logistic_normal_found_on_the_training_partition(
    evaluation: Evaluation, model: TrainedModel, dataset: Dataset
) -> None:
    codes, has = model.encode(np.array(dataset.pictures)), dataset.labels["Long_Hair"]
    train, test = (dataset.partition == p for p in (0, 2))
    classifier = LogisticRegression(C=0.05, class_weight="balanced", max_iter=2000)
    scale = codes[train].std(axis=0)
    classifier.fit(codes[train] / scale, has[train])
    truth = roc_auc_score(has[test] == 1, codes[test] / scale @ classifier.coef_[0])
    assert evaluation.auc["Long_Hair"] == pytest.approx(truth, abs=0.003)
    assert evaluation.auc["Long_Hair"] > 0.8  # even this tiny model sees hair
    counts = evaluation.counts["Long_Hair"]
    assert (counts.test_with, counts.test_without) == ((has[test] == 1).sum(), (has[test] == -1).sum())


def test_the_json_has_the_names_that_scripts_rely_on(evaluation: Evaluation) -> None:
    value = json.loads(json.dumps(evaluation.to_json()))
    assert set(value) == {
        "psnr", "ssim", "ms_ssim", "kl", "active_units", "auc", "counts", "images", "partition", "sharpness",
        "kid", "fid", "density", "coverage", "floor", "conditions",
    }  # fmt: skip
    assert set(value["floor"]) == {"kid", "fid", "density", "coverage"}
    assert value["conditions"]["samples"] == 200
    assert value["sharpness"]["samples_ratio"] == value["sharpness"]["samples"] / value["sharpness"]["originals"]
    assert set(value["auc"]) == set(value["counts"])
    assert value["counts"]["Smiling"]["test_with"] > 0


def test_pictures_are_decoded_a_batch_at_a_time(trained_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    decode = TrainedModel.decode
    monkeypatch.setattr(TrainedModel, "decode", lambda self, codes: counts.append(len(codes)) or decode(self, codes))
    found = run(evaluate(trained_run, AVATARS, partition=1, samples=0))
    assert found.partition == "validation"
    assert sum(counts) == found.images
    assert max(counts) <= 128


def test_ms_ssim_and_sharpness_are_means_over_the_test_partition(
    evaluation: Evaluation, model: TrainedModel, dataset: Dataset
) -> None:
    pictures = np.array(dataset.pictures[dataset.rows(2)])
    decoded = model.decode(model.encode(pictures))
    assert evaluation.ms_ssim == pytest.approx(ms_ssim(pictures, decoded), abs=1e-3)
    assert evaluation.sharpness.originals == pytest.approx(sharpness_each(pictures).mean())
    assert evaluation.sharpness.reconstructions == pytest.approx(sharpness_each(decoded).mean(), rel=1e-3)
    ratio = evaluation.sharpness.reconstructions_ratio
    assert ratio is not None
    assert ratio < 0.9  # a small VAE blurs


def test_random_pictures_are_farther_from_real_ones_than_those_are_from_each_other(evaluation: Evaluation) -> None:
    assert evaluation.floor is not None
    assert evaluation.kid is not None
    assert evaluation.kid > 10 * abs(evaluation.floor.kid)
    assert evaluation.fid > evaluation.floor.fid
    assert evaluation.coverage < evaluation.floor.coverage


def test_random_pictures_can_be_left_out(trained_run: Path) -> None:
    found = run(evaluate(trained_run, AVATARS, samples=0))
    assert (found.kid, found.fid, found.floor, found.conditions, found.sharpness.samples) == (None,) * 5
    assert found.psnr is not None


def test_a_model_that_cannot_encode_is_measured_by_its_random_pictures_alone(tmp_path: Path) -> None:
    request = TrainRequest(
        data=AVATARS,
        model="dcgan",
        size=32,
        budget=Budget(steps=2),
        settings={"latent": 8, "width": 8, "batch_size": 8},
        runs=tmp_path,
        device="cpu",
    )
    found = run(evaluate(run(train(request)).run, AVATARS, samples=100))
    assert (found.psnr, found.ssim, found.ms_ssim, found.kl, found.sharpness.reconstructions) == (None,) * 5
    assert found.auc == {}
    assert found.kid is not None
    assert found.sharpness.samples_ratio is not None


def test_a_source_too_small_to_measure_random_pictures_by_says_so(trained_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ten"
    folder.mkdir()
    lines = ["file,partition"]
    for number, picture in enumerate(run(prepare_data(AVATARS, 32)).pictures[:10]):
        Image.fromarray(picture).save(folder / f"{number}.png")
        lines.append(f"{number}.png,2")
    (folder / "attributes.csv").write_text("\n".join(lines) + "\n")
    events: list[Event] = []
    found = run(evaluate(trained_run, folder), events.append)
    assert found.kid is None
    assert found.psnr is not None
    assert any("too few pictures to measure" in event.finding for event in events if isinstance(event, Advice))


def test_a_count_of_random_pictures_that_says_nothing_is_refused(trained_run: Path) -> None:
    with pytest.raises(WorkbenchError, match="5 random pictures are too few to measure"):
        run(evaluate(trained_run, AVATARS, samples=5))


def test_a_feature_net_that_is_none_is_refused_before_anything_is_measured(trained_run: Path, tmp_path: Path) -> None:
    (tmp_path / "net.safetensors").write_bytes(b"nothing")
    job = evaluate(trained_run, AVATARS, features=tmp_path / "net.safetensors")
    with pytest.raises(WorkbenchError, match="damaged and cannot be read as a feature net"):
        next(job)


def test_measuring_on_what_was_learned_comes_with_advice(trained_run: Path) -> None:
    job = evaluate(trained_run, AVATARS, partition=0)
    events: list[Event] = []
    while not (events and isinstance(events[-1], Advice)):
        events.append(next(job))
    job.close()
    assert "has learned from these pictures" in events[-1].finding


def test_stopping_stops(trained_run: Path) -> None:
    control = Control()
    control.stop()
    with pytest.raises(Stopped):
        run(evaluate(trained_run, AVATARS, control=control))


def test_a_partition_that_is_not_there_gets_a_sentence(trained_run: Path, few_pictures: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"no partition 3\. Choose 0"):
        run(evaluate(trained_run, AVATARS, partition=3))
    with pytest.raises(WorkbenchError, match="no pictures in its validation partition"):
        run(evaluate(trained_run, few_pictures, partition=1))


def test_a_missing_model_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="no model at"):
        run(evaluate(tmp_path / "nothing", AVATARS))
