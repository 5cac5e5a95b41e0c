"""Every error and note code as a sentence and a hint: one table for the window and command line.

Sentences are English source texts for translation: the window passes them through Qt's translator
(context "messages"), the command line prints them. `{name}` are the parameters that travel with the
code. No Qt in here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from segformer_gui.core.errors import UserError

CONTEXT = "messages"


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: N802 (the name lupdate looks for)
    """Mark `text` for pyside6-lupdate; returns it unchanged."""
    return text


# Control characters but the line feed, and bytes that are no text.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_ERRORS: dict[str, tuple[str, str]] = {
    "checkpoint_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a checkpoint that can be read."),
        QT_TRANSLATE_NOOP("messages", "It may be damaged or cut short; fetch it again."),
    ),
    "checkpoint_config": (
        QT_TRANSLATE_NOOP(
            "messages",
            "{path} contradicts itself: its config.json says {field} is {stated}, its weights say {found}.",
        ),
        QT_TRANSLATE_NOOP(
            "messages", "The two files belong to different models; get both from one place."
        ),
    ),
    "checkpoint_keys_missing": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} lacks {count} of the tensors of a SegFormer: {keys}."
        ),
        QT_TRANSLATE_NOOP("messages", "It may be cut short, or of another network."),
    ),
    "checkpoint_keys_unknown": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} holds {count} tensors that no SegFormer has: {keys}."
        ),
        QT_TRANSLATE_NOOP(
            "messages",
            "It is of another network or has a head of its own; SegFormer's own layouts can be loaded.",
        ),
    ),
    "checkpoint_no_weights": (
        QT_TRANSLATE_NOOP("messages", "{path} holds no weights."),
        QT_TRANSLATE_NOOP(
            "messages",
            "A model folder has a model.safetensors or pytorch_model.bin beside its config.json.",
        ),
    ),
    "checkpoint_not_finite": (
        QT_TRANSLATE_NOOP(
            "messages", "In {path} the tensor {key} holds values that are no numbers, or infinite."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Its training has probably diverged; take a checkpoint from before that."
        ),
    ),
    "checkpoint_not_segformer": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a SegFormer checkpoint."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Hugging Face, NVlabs and mmsegmentation checkpoints of SegFormer can be loaded.",
        ),
    ),
    "checkpoint_shape": (
        QT_TRANSLATE_NOOP(
            "messages",
            "In {path} ({layout} layout) the tensor {key} has the shape {found} where {expected} is expected.",
        ),
        QT_TRANSLATE_NOOP("messages", "The file mixes parts of different models."),
    ),
    "checkpoint_suffix_unknown": (
        QT_TRANSLATE_NOOP("messages", "{path} does not look like a checkpoint."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Files called .safetensors, .bin, .pth, .pt or .ckpt are taken, and Hugging Face folders.",
        ),
    ),
    "checkpoint_unsafe": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} asks to run code when it is opened, so it was not loaded."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Only load checkpoints from people you trust; ask for a .safetensors file."
        ),
    ),
    "class_name_empty": (
        QT_TRANSLATE_NOOP("messages", "A class needs a name."),
        QT_TRANSLATE_NOOP("messages", "Type at least one letter."),
    ),
    "class_name_taken": (
        QT_TRANSLATE_NOOP("messages", "There is a class called {name} already."),
        QT_TRANSLATE_NOOP("messages", "Choose another name, or merge the two classes."),
    ),
    "classes_edited_since": (
        QT_TRANSLATE_NOOP(
            "messages",
            "The edit of the classes is no longer the latest of {count} masks, such as that of {image}.",
        ),
        QT_TRANSLATE_NOOP("messages", "Undo what was done to these masks since, then try again."),
    ),
    "classes_too_many": (
        QT_TRANSLATE_NOOP("messages", "A project has at most {count} classes."),
        QT_TRANSLATE_NOOP("messages", "Rename a class that is not needed."),
    ),
    "classes_unnamed": (
        QT_TRANSLATE_NOOP("messages", "The label files in {path} do not say what their ids mean."),
        QT_TRANSLATE_NOOP("messages", "Name the classes in the recipe: class_names under [data]."),
    ),
    "dataset_broken": (
        QT_TRANSLATE_NOOP("messages", "{count} files of the data set cannot be used:\n{problems}."),
        QT_TRANSLATE_NOOP("messages", "Mend or remove these files; nothing was trained."),
    ),
    "clipboard_no_image": (
        QT_TRANSLATE_NOOP("messages", "There is no image on the clipboard."),
        QT_TRANSLATE_NOOP(
            "messages", "Copy an image, or image files in a file manager, then paste again."
        ),
    ),
    "corruption_image_too_small": (
        QT_TRANSLATE_NOOP("messages", "{width} x {height} pixels are too few for a corruption."),
        QT_TRANSLATE_NOOP("messages", "Both sides must have at least {smallest} pixels."),
    ),
    "corruption_unknown": (
        QT_TRANSLATE_NOOP("messages", "There is no corruption called {name}."),
        QT_TRANSLATE_NOOP("messages", "The closest names are {close}."),
    ),
    "dataset_labels_missing": (
        QT_TRANSLATE_NOOP(
            "messages", "{count} of {total} images have no ground truth: {image} needs {labels}."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Add the label files, or move the images without labels elsewhere."
        ),
    ),
    "dataset_layout_unknown": (
        QT_TRANSLATE_NOOP("messages", "{path} is not laid out like a data set that is known."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Cityscapes has leftImg8bit and gtFine, CamVid has val and valannot; else put images in images/ and class ids in labels/.",
        ),
    ),
    "dataset_split_unknown": (
        QT_TRANSLATE_NOOP("messages", "There is no split {split} in {path}."),
        QT_TRANSLATE_NOOP("messages", "Splits found: {available}."),
    ),
    "device_unavailable": (
        QT_TRANSLATE_NOOP("messages", "The device {device} is not available here."),
        QT_TRANSLATE_NOOP("messages", "Choose one of: {available}."),
    ),
    "disk_full": (
        QT_TRANSLATE_NOOP("messages", "There is no space left to write {path}."),
        QT_TRANSLATE_NOOP("messages", "Free some space or choose another folder, then try again."),
    ),
    "download_cancelled": (
        QT_TRANSLATE_NOOP("messages", "The download of {model} was cancelled."),
        QT_TRANSLATE_NOOP("messages", "What has arrived is kept: start again to continue it."),
    ),
    "download_corrupt": (
        QT_TRANSLATE_NOOP("messages", "{file} of {model} arrived damaged and was thrown away."),
        QT_TRANSLATE_NOOP(
            "messages", "Start again; if it stays damaged, the hub or mirror has a fault."
        ),
    ),
    "download_interrupted": (
        QT_TRANSLATE_NOOP("messages", "The download of {model} was cut off: {reason}."),
        QT_TRANSLATE_NOOP("messages", "Start again: it continues where it stopped."),
    ),
    "download_running": (
        QT_TRANSLATE_NOOP(
            "messages", "{model} is being downloaded already, by another window or command."
        ),
        QT_TRANSLATE_NOOP("messages", "Wait until that download has finished."),
    ),
    "evaluation_no_shared_classes": (
        QT_TRANSLATE_NOOP("messages", "The model and the data set have no class name in common."),
        QT_TRANSLATE_NOOP("messages", "Model: {model_classes}. Data set: {dataset_classes}."),
    ),
    "evaluation_too_many_classes": (
        QT_TRANSLATE_NOOP("messages", "{count} classes cannot be evaluated."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Label maps of one byte a pixel hold at most 255 classes and 255 for ignore.",
        ),
    ),
    "export_head": (
        QT_TRANSLATE_NOOP(
            "messages",
            "A model with mmsegmentation's head cannot be exported in the Hugging Face layout.",
        ),
        QT_TRANSLATE_NOOP(
            "messages",
            "Its head has a BatchNorm and ReLU per stage, which transformers' SegFormer does not have; keep the original file.",
        ),
    ),
    "export_not_empty": (
        QT_TRANSLATE_NOOP("messages", "{path} is not an empty folder."),
        QT_TRANSLATE_NOOP("messages", "Choose a folder that does not exist yet."),
    ),
    "file_missing": (
        QT_TRANSLATE_NOOP("messages", "{path} does not exist."),
        QT_TRANSLATE_NOOP("messages", "Check the spelling, or whether the file was moved."),
    ),
    "file_unreadable": (
        QT_TRANSLATE_NOOP("messages", "{path} cannot be read: {reason}."),
        QT_TRANSLATE_NOOP("messages", "Check that it is a file and that its disk is connected."),
    ),
    "format_needs_cityscapes": (
        QT_TRANSLATE_NOOP(
            "messages",
            "The masks cannot be written as {format}: the model has no class that Cityscapes has.",
        ),
        QT_TRANSLATE_NOOP("messages", "Choose index or color instead."),
    ),
    "grid_file_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is damaged: its cells cannot be read."),
        QT_TRANSLATE_NOOP("messages", "Remove it, or choose another folder, and measure anew."),
    ),
    "grid_file_newer": (
        QT_TRANSLATE_NOOP("messages", "{path} was written by another version of this program."),
        QT_TRANSLATE_NOOP("messages", "Choose another folder, or use that version."),
    ),
    "grid_folder_unknown": (
        QT_TRANSLATE_NOOP("messages", "{path} holds no benchmark that can be gone on with."),
        QT_TRANSLATE_NOOP("messages", "Choose the folder that an earlier benchmark was given."),
    ),
    "grid_image_changed": (
        QT_TRANSLATE_NOOP("messages", "{path} or its mask has changed since the benchmark began."),
        QT_TRANSLATE_NOOP(
            "messages", "Start it again: whatever has not changed is not measured anew."
        ),
    ),
    "grid_image_too_small": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} has {width} x {height} pixels, too few for a corruption."
        ),
        QT_TRANSLATE_NOOP(
            "messages",
            "Take it out of the data set: both sides must have at least {smallest} pixels.",
        ),
    ),
    "grid_incomplete": (
        QT_TRANSLATE_NOOP(
            "messages",
            "{missing} of {total} cells are not measured yet, so there are no scores: those of a part would be of another benchmark.",
        ),
        QT_TRANSLATE_NOOP("messages", "Run the same command again to measure what is missing."),
    ),
    "grid_model_twice": (
        QT_TRANSLATE_NOOP("messages", "{first} and {second} are the same model."),
        QT_TRANSLATE_NOOP("messages", "Name each model once."),
    ),
    "grid_no_truth": (
        QT_TRANSLATE_NOOP("messages", "In {path} no ground truth is found."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Arrange images and masks as one of the layouts that the guide shows, or measure consistency, which needs none (--consistency).",
        ),
    ),
    "grid_reference_unknown": (
        QT_TRANSLATE_NOOP("messages", "{reference} is none of the models that are compared."),
        QT_TRANSLATE_NOOP("messages", "The reference can be: {available}."),
    ),
    "hub_model_missing": (
        QT_TRANSLATE_NOOP("messages", "The model hub has no {model} that you may use."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Some models need a login with `hf auth login` and their licence accepted on the hub first.",
        ),
    ),
    "hub_unreachable": (
        QT_TRANSLATE_NOOP("messages", "The model hub at {hub} cannot be reached: {reason}."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Check the connection and the variable HF_ENDPOINT; the embedded model works without network.",
        ),
    ),
    "image_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is not an image that can be read."),
        QT_TRANSLATE_NOOP(
            "messages", "It may be damaged or cut short; PNG, JPEG, WebP, BMP and TIFF work."
        ),
    ),
    "image_changed": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} is not the image any more that was added to the project."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Put the old file back, or add the new one under another name."
        ),
    ),
    "image_memory": (
        QT_TRANSLATE_NOOP("messages", "There is not enough memory to open {path}."),
        QT_TRANSLATE_NOOP("messages", "Close other programs, or scale the image down first."),
    ),
    "image_too_large": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} is {width} x {height} pixels, more than 268 million."
        ),
        QT_TRANSLATE_NOOP("messages", "Scale it down or cut it into parts first."),
    ),
    "labels_id_too_large": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} holds the class id {id}, but there are only {classes} classes."
        ),
        QT_TRANSLATE_NOOP("messages", "Class ids run from 0; 255 marks pixels to ignore."),
    ),
    "labels_not_indexed": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} is a colour picture ({mode}), not a map of class ids."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Give a single-channel or palette image with one class id a pixel."
        ),
    ),
    "labels_wrong_size": (
        QT_TRANSLATE_NOOP(
            "messages",
            "{path} is {width} x {height} pixels, but {other} is {other_width} x {other_height}.",
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Image, ground truth and prediction must be of the same size."
        ),
    ),
    "live_ended": (
        QT_TRANSLATE_NOOP("messages", "{address} has ended."),
        QT_TRANSLATE_NOOP("messages", "It is tried again and again; select an image to end this."),
    ),
    "live_lost": (
        QT_TRANSLATE_NOOP("messages", "{address} was lost: {reason}."),
        QT_TRANSLATE_NOOP("messages", "It is tried again and again; select an image to end this."),
    ),
    "live_no_picture": (
        QT_TRANSLATE_NOOP("messages", "{address} sends no picture."),
        QT_TRANSLATE_NOOP("messages", "It is tried again and again; select an image to end this."),
    ),
    "live_silent": (
        QT_TRANSLATE_NOOP("messages", "{address} does not answer."),
        QT_TRANSLATE_NOOP("messages", "It is tried again and again; select an image to end this."),
    ),
    "live_unreachable": (
        QT_TRANSLATE_NOOP("messages", "{address} cannot be reached: {reason}."),
        QT_TRANSLATE_NOOP("messages", "It is tried again and again; select an image to end this."),
    ),
    "mask_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a mask that can be read."),
        QT_TRANSLATE_NOOP(
            "messages",
            "It was left as it is: put a copy of it back, or move it away and set the image to open to begin anew.",
        ),
    ),
    "mask_missing": (
        QT_TRANSLATE_NOOP("messages", "The mask {path} is gone."),
        QT_TRANSLATE_NOOP("messages", "Put it back, or set the image to open to begin anew."),
    ),
    "mask_sizes_differ": (
        QT_TRANSLATE_NOOP(
            "messages",
            "The other mask is {other_width} x {other_height} pixels, this image {width} x {height}.",
        ),
        QT_TRANSLATE_NOOP("messages", "Masks can be copied between images of one size."),
    ),
    "mask_unknown_class": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} holds the class id {id}, but the project has {classes} classes."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Put a copy of it back that fits the project, or add the classes to it."
        ),
    ),
    "mask_wrong_size": (
        QT_TRANSLATE_NOOP(
            "messages",
            "{path} is {width} x {height} pixels, but {image} is {image_width} x {image_height}.",
        ),
        QT_TRANSLATE_NOOP("messages", "Put a mask of the image's own size back."),
    ),
    "memory_ended": (
        QT_TRANSLATE_NOOP("messages", "There was not enough memory to go on."),
        QT_TRANSLATE_NOOP("messages", "Close other programs, or work on smaller images."),
    ),
    "model_exists": (
        QT_TRANSLATE_NOOP("messages", "There is a model called {name} already."),
        QT_TRANSLATE_NOOP("messages", "Choose another name, or remove that model first."),
    ),
    "model_folder_incomplete": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} is not a whole Hugging Face model: {missing} is missing."
        ),
        QT_TRANSLATE_NOOP(
            "messages",
            "Give the folder that holds config.json and the weights, or a single checkpoint file.",
        ),
    ),
    "model_name_invalid": (
        QT_TRANSLATE_NOOP("messages", "{name} cannot be the name of a model."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Use up to 64 letters, digits, spaces, dots, plus signs, hyphens and underscores.",
        ),
    ),
    "model_not_downloaded": (
        QT_TRANSLATE_NOOP("messages", "{model} has not been downloaded yet (about {size_mb} MB)."),
        QT_TRANSLATE_NOOP(
            "messages", "Download it first; the embedded model works without network."
        ),
    ),
    "model_not_removable": (
        QT_TRANSLATE_NOOP(
            "messages", "{model} is neither imported nor downloaded and cannot be removed."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Embedded models stay, and files elsewhere are yours to delete."
        ),
    ),
    "model_unknown": (
        QT_TRANSLATE_NOOP(
            "messages", "There is no model, checkpoint file or folder called {name}."
        ),
        QT_TRANSLATE_NOOP("messages", "The closest names are {close}."),
    ),
    "no_display": (
        QT_TRANSLATE_NOOP("messages", "There is no screen to open a window on."),
        QT_TRANSLATE_NOOP(
            "messages", "Set DISPLAY, or use the command line: segformer-gui --help."
        ),
    ),
    "no_images": (
        QT_TRANSLATE_NOOP("messages", "No images were found in {path}."),
        QT_TRANSLATE_NOOP(
            "messages", "PNG, JPEG, WebP, BMP and TIFF files are looked for, in sub-folders too."
        ),
    ),
    "no_permission": (
        QT_TRANSLATE_NOOP("messages", "You have no permission for {path}."),
        QT_TRANSLATE_NOOP("messages", "Choose another place, or change the permissions."),
    ),
    "nothing_to_train": (
        QT_TRANSLATE_NOOP("messages", "All of {path} is held out, so nothing is left to train on."),
        QT_TRANSLATE_NOOP("messages", "Hold out fewer sequences."),
    ),
    "offline_mode": (
        QT_TRANSLATE_NOOP("messages", "{model} cannot be downloaded: HF_HUB_OFFLINE forbids it."),
        QT_TRANSLATE_NOOP(
            "messages",
            "Unset HF_HUB_OFFLINE, or use the embedded model, which works without network.",
        ),
    ),
    "onnx_missing": (
        QT_TRANSLATE_NOOP("messages", "ONNX needs the package {package}, which is not installed."),
        QT_TRANSLATE_NOOP("messages", "Install it: python -m pip install 'segformer-gui[onnx]'"),
    ),
    "onnx_differs": (
        QT_TRANSLATE_NOOP(
            "messages", "The ONNX file was not kept: its logits differ by {difference}."
        ),
        QT_TRANSLATE_NOOP("messages", "Export it as a Hugging Face folder instead."),
    ),
    "out_of_memory": (
        QT_TRANSLATE_NOOP(
            "messages", "There is not enough memory to segment {width} x {height} pixels."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "Choose a smaller input size, a smaller model, or close other programs."
        ),
    ),
    "output_is_input": (
        QT_TRANSLATE_NOOP(
            "messages", "{path} is one of the images themselves and would be overwritten."
        ),
        QT_TRANSLATE_NOOP("messages", "Choose another output folder."),
    ),
    "output_is_project": (
        QT_TRANSLATE_NOOP("messages", "A project keeps its own files in {path}."),
        QT_TRANSLATE_NOOP(
            "messages", "Choose another output folder; what is in there would be overwritten."
        ),
    ),
    "precision_unavailable": (
        QT_TRANSLATE_NOOP("messages", "The precision {precision} does not work on {device}."),
        QT_TRANSLATE_NOOP("messages", "Choose one of: {available}."),
    ),
    "predictions_ambiguous": (
        QT_TRANSLATE_NOOP("messages", "{path} and {other} are both predictions for {sample}."),
        QT_TRANSLATE_NOOP("messages", "Keep one prediction an image in the folder."),
    ),
    "predictions_missing": (
        QT_TRANSLATE_NOOP("messages", "{path} holds no prediction for any image of the data set."),
        QT_TRANSLATE_NOOP(
            "messages", "Each prediction is a PNG named like its image, such as {example}."
        ),
    ),
    "project_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a project file that can be read: {reason}."),
        QT_TRANSLATE_NOOP("messages", "It was left as it is: mend it, or put a copy of it back."),
    ),
    "project_exists": (
        QT_TRANSLATE_NOOP("messages", "{path} holds a project already, or folders of masks."),
        QT_TRANSLATE_NOOP("messages", "Open it, or choose another folder."),
    ),
    "project_locked": (
        QT_TRANSLATE_NOOP(
            "messages", "The project {path} is open in another window or command that may write."
        ),
        QT_TRANSLATE_NOOP("messages", "It can be looked at; close the other one to change it."),
    ),
    "project_missing": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a project: it has no project.json."),
        QT_TRANSLATE_NOOP("messages", "Create one with: segformer-gui project create."),
    ),
    "project_no_masks": (
        QT_TRANSLATE_NOOP(
            "messages", "The project in {path} has no saved masks of the kind {part}."
        ),
        QT_TRANSLATE_NOOP(
            "messages",
            "Correct masks, mark them as checked, or choose another part: checked, corrected, hold-out.",
        ),
    ),
    "project_newer": (
        QT_TRANSLATE_NOOP("messages", "{path} was written by a newer version of this program."),
        QT_TRANSLATE_NOOP("messages", "Update the program to open it."),
    ),
    "project_uncorrected": (
        QT_TRANSLATE_NOOP("messages", "No mask of the project {path} is corrected and saved yet."),
        QT_TRANSLATE_NOOP("messages", "Correct some masks, or mark images as checked."),
    ),
    "project_no_shared_classes": (
        QT_TRANSLATE_NOOP("messages", "The model and the project have no class name in common."),
        QT_TRANSLATE_NOOP("messages", "Model: {model_classes}. Project: {project_classes}."),
    ),
    "qt_libraries_missing": (
        QT_TRANSLATE_NOOP(
            "messages", "The window needs system libraries that are missing: {libraries}."
        ),
        QT_TRANSLATE_NOOP("messages", "On Debian or Ubuntu: sudo apt-get install {packages}"),
    ),
    "recipe_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a recipe that can be read: {reason}."),
        QT_TRANSLATE_NOOP("messages", "A recipe is a TOML file."),
    ),
    "recipe_value": (
        QT_TRANSLATE_NOOP("messages", "In {path}, {field}: {problem}."),
        QT_TRANSLATE_NOOP("messages", "See the recipes in resources/recipes for what is possible."),
    ),
    "resume_nothing": (
        QT_TRANSLATE_NOOP("messages", "{path} holds no checkpoint to go on from."),
        QT_TRANSLATE_NOOP("messages", "Start the run without resuming."),
    ),
    "resume_other_recipe": (
        QT_TRANSLATE_NOOP("messages", "{path} was trained by another recipe."),
        QT_TRANSLATE_NOOP(
            "messages", "Resume with the recipe.toml in that folder, or train in a new one."
        ),
    ),
    "run_exists": (
        QT_TRANSLATE_NOOP("messages", "{path} already holds a run."),
        QT_TRANSLATE_NOOP("messages", "Resume it, or choose another folder."),
    ),
    "sequence_unknown": (
        QT_TRANSLATE_NOOP("messages", "The data has no sequence {sequence}."),
        QT_TRANSLATE_NOOP("messages", "It has: {available}."),
    ),
    "severity_not_whole": (
        QT_TRANSLATE_NOOP("messages", "The reference engine knows no severity {severity}."),
        QT_TRANSLATE_NOOP(
            "messages", "Give a whole one, or use the fast engine, which has those in between."
        ),
    ),
    "severity_out_of_range": (
        QT_TRANSLATE_NOOP("messages", "There is no severity {severity}."),
        QT_TRANSLATE_NOOP("messages", "Severities run from 0 (clean) to 5."),
    ),
    "synthetic_needs_camvid": (
        QT_TRANSLATE_NOOP(
            "messages", "Synthetic scenes have CamVid's classes, the data in {path} has others."
        ),
        QT_TRANSLATE_NOOP("messages", "Set synthetic = 0 in the recipe."),
    ),
    "training_out_of_memory": (
        QT_TRANSLATE_NOOP("messages", "One crop alone does not fit into memory in training."),
        QT_TRANSLATE_NOOP("messages", "Choose a smaller crop or a smaller network."),
    ),
    "training_killed": (
        QT_TRANSLATE_NOOP(
            "messages", "The trainer of {path} ended without a word: something killed its process."
        ),
        QT_TRANSLATE_NOOP(
            "messages", "It can go on from its checkpoint of step {step}; nothing before is lost."
        ),
    ),
    "run_unfinished": (
        QT_TRANSLATE_NOOP("messages", "The run in {path} has no model yet."),
        QT_TRANSLATE_NOOP("messages", "Let it train to its end: `segformer-gui runs start`."),
    ),
    "estimate_failed": (
        QT_TRANSLATE_NOOP("messages", "The time could not be measured: {reason}."),
        QT_TRANSLATE_NOOP("messages", "The training itself may still work; the log tells more."),
    ),
    "version_unknown": (
        QT_TRANSLATE_NOOP("messages", "There is no version called {name}."),
        QT_TRANSLATE_NOOP("messages", "There are: {known}."),
    ),
    "version_no_parent": (
        QT_TRANSLATE_NOOP("messages", "{name} began with {parent}, which is not there any more."),
        QT_TRANSLATE_NOOP("messages", "Choose another model from the list."),
    ),
    "run_busy": (
        QT_TRANSLATE_NOOP("messages", "The run in {path} is being trained by another process."),
        QT_TRANSLATE_NOOP("messages", "Follow it, or stop it first."),
    ),
    "run_missing": (
        QT_TRANSLATE_NOOP("messages", "{path} is not the folder of a training run."),
        QT_TRANSLATE_NOOP("messages", "A run's folder holds its recipe.toml."),
    ),
    "run_not_running": (
        QT_TRANSLATE_NOOP("messages", "No process trains the run in {path}."),
        QT_TRANSLATE_NOOP("messages", "`segformer-gui runs start` has it go on."),
    ),
    "training_failed": (
        QT_TRANSLATE_NOOP("messages", "The training failed: {reason}."),
        QT_TRANSLATE_NOOP("messages", "The last checkpoint is kept; the run can go on from it."),
    ),
    "class_unknown": (
        QT_TRANSLATE_NOOP("messages", "The data has no class {name}."),
        QT_TRANSLATE_NOOP("messages", "It has: {known}."),
    ),
    "training_diverged": (
        QT_TRANSLATE_NOOP("messages", "The loss was no longer a number at step {step}."),
        QT_TRANSLATE_NOOP("messages", "Lower the learning rate; the last checkpoint is kept."),
    ),
    "video_broken": (
        QT_TRANSLATE_NOOP("messages", "{path} is not a video that can be read."),
        QT_TRANSLATE_NOOP(
            "messages", "It may be damaged or cut short; MP4, MOV, MKV, AVI, WebM and others work."
        ),
    ),
    "video_empty": (
        QT_TRANSLATE_NOOP("messages", "{path} holds no picture that can be shown."),
        QT_TRANSLATE_NOOP("messages", "It may hold sound only, or be cut short."),
    ),
    "video_frame_damaged": (
        QT_TRANSLATE_NOOP(
            "messages", "Frame {number} of {path}, at {time} s, is damaged and cannot be shown."
        ),
        QT_TRANSLATE_NOOP("messages", "Frames before it, and others after it, may be whole."),
    ),
    "video_no_frames": (
        QT_TRANSLATE_NOOP("messages", "{path} has no frame from {start} s to {stop} s."),
        QT_TRANSLATE_NOOP("messages", "It is {length} s long."),
    ),
    "video_size_changes": (
        QT_TRANSLATE_NOOP("messages", "{path} is not of the size of the images before it."),
        QT_TRANSLATE_NOOP("messages", "All images of a sequence must be of one size."),
    ),
    "write_failed": (
        QT_TRANSLATE_NOOP("messages", "{path} could not be written: {reason}."),
        QT_TRANSLATE_NOOP("messages", "Choose another folder or file name."),
    ),
}

_NOTES: dict[str, str] = {
    "sound_left_out": QT_TRANSLATE_NOOP(
        "messages", "The sound was left out: MP4 cannot hold {codec}."
    ),
    "video_cut_short": QT_TRANSLATE_NOOP(
        "messages",
        "The video ends after {found} s, though its header promises {promised} s: it may be cut short.",
    ),
    "video_ends_at_damage": QT_TRANSLATE_NOOP(
        "messages", "Frame {number}, at {time} s, is damaged: everything before it was done."
    ),
    "proof_clean_fell": QT_TRANSLATE_NOOP(
        "messages", "Worse on clean images: mIoU changed by {clean} points ({corrupted} corrupted)."
    ),
    "proof_corrupted_fell": QT_TRANSLATE_NOOP(
        "messages", "Worse on corrupted images: mIoU changed by {corrupted} points ({clean} clean)."
    ),
    "proof_one_image": QT_TRANSLATE_NOOP(
        "messages",
        "Better by {clean} points, {corrupted} corrupted; from one image or sequence alone, so there is no interval.",
    ),
    "proof_not_distinguishable": QT_TRANSLATE_NOOP(
        "messages",
        "A difference of {clean} points ({corrupted} corrupted) cannot be told from none on so few images.",
    ),
    "proof_better": QT_TRANSLATE_NOOP(
        "messages",
        "Better: mIoU rose by {clean} points on clean images, {corrupted} on corrupted ones.",
    ),
    "fresh_head": QT_TRANSLATE_NOOP(
        "messages",
        "{model} is a backbone without a trained head: its masks mean nothing until it is trained.",
    ),
    "grid_agrees": QT_TRANSLATE_NOOP(
        "messages",
        "{model}: consistency {mpc} %{interval} with its own clean predictions, on average over {count} corruptions.",
    ),
    "grid_better": QT_TRANSLATE_NOOP(
        "messages",
        "{first} is better than {second} in {quantity}, by {difference} points{interval}.",
    ),
    "grid_calibration": QT_TRANSLATE_NOOP(
        "messages",
        "{model}: calibration error {clean} points clean, {corrupted} on average when corrupted.",
    ),
    "grid_classes_left_out": QT_TRANSLATE_NOOP(
        "messages",
        "Scored over {scored} of {total} classes, those that every model knows; left out: {classes}.",
    ),
    "grid_consistency": QT_TRANSLATE_NOOP(
        "messages",
        "There is no ground truth: this is consistency, how far predictions agree with the model's own of the clean images. It is not accuracy; a model that is always wrong alike scores 100 %.",
    ),
    "grid_extremes": QT_TRANSLATE_NOOP(
        "messages", "{model} suffers most from {worst}, least from {best}."
    ),
    "grid_few_images": QT_TRANSLATE_NOOP(
        "messages",
        "{images} images are few: scores and intervals say little about others of their kind.",
    ),
    "grid_few_sequences": QT_TRANSLATE_NOOP(
        "messages",
        "Intervals come from {sequences} sequences only: take them for a rough guide.",
    ),
    "grid_kept": QT_TRANSLATE_NOOP(
        "messages",
        "{model} keeps {rpc} % of its clean mIoU: {clean} % clean, {mpc} %{interval} on average over {count} corruptions.",
    ),
    "grid_masks_unchecked": QT_TRANSLATE_NOOP(
        "messages",
        "{count} of {total} masks were corrected but not checked: of them only what a person touched counts, which is where a model was wrong.",
    ),
    "grid_memory": QT_TRANSLATE_NOOP(
        "messages",
        "Memory ran out on {cells} of {total} cells, which were measured in windows, in half precision or on the CPU.",
    ),
    "grid_neighbouring_images": QT_TRANSLATE_NOOP(
        "messages",
        "Neighbouring frames of a sequence resemble each other, so the intervals, drawn over images, are too narrow.",
    ),
    "grid_no_interval": QT_TRANSLATE_NOOP(
        "messages", "Everything is of one image or sequence, so no interval can be told."
    ),
    "grid_not_distinguishable": QT_TRANSLATE_NOOP(
        "messages",
        "{first} and {second} are not distinguishable in {quantity}: they differ by {difference} points{interval}.",
    ),
    "grid_off_protocol": QT_TRANSLATE_NOOP(
        "messages", "Severities that are not whole are off protocol: no benchmark has them."
    ),
    "grid_seen_sequences": QT_TRANSLATE_NOOP(
        "messages",
        "Sequence seen in training: {model} was trained on {sequences}, as its card says. Its scores here do not tell how it does on unseen images.",
    ),
    "grid_untold": QT_TRANSLATE_NOOP(
        "messages",
        "{first} is {difference} points above {second} in {quantity}; from one image or sequence it cannot be told whether that is chance.",
    ),
    "image_tiled": QT_TRANSLATE_NOOP(
        "messages", "The input of {width} x {height} pixels was cut into windows."
    ),
    "journal_damaged": QT_TRANSLATE_NOOP(
        "messages",
        "A part of what was not saved could not be read; when the mask is saved it is kept as {path}.",
    ),
    "memory_cpu": QT_TRANSLATE_NOOP("messages", "The device ran out of memory; the CPU took over."),
    "openvino_agreement": QT_TRANSLATE_NOOP(
        "messages", "OpenVINO in bfloat16: {percent} % of the labels as in float32."
    ),
    "memory_half": QT_TRANSLATE_NOOP("messages", "Memory ran out; half precision was used."),
    "memory_tiled": QT_TRANSLATE_NOOP(
        "messages", "Memory ran out; the image was cut into windows of {crop} pixels."
    ),
    "off_protocol": QT_TRANSLATE_NOOP(
        "messages", "Severity {severity} is off protocol: the benchmarks know whole ones only."
    ),
    "stack_off_protocol": QT_TRANSLATE_NOOP(
        "messages",
        "A stack of {count} corruptions is off protocol: the benchmarks know single ones only.",
    ),
}


def explain(
    error: UserError, translate: Callable[[str], str] = lambda text: text
) -> tuple[str, str]:
    """Sentence and hint for `error`, both in the language of `translate`."""
    facts = _printable(error.parameters)
    sentence, hint = (translate(text).format(**facts) for text in _ERRORS[error.code])
    return sentence, hint


def explain_note(
    code: str, parameters: Mapping[str, object], translate: Callable[[str], str] = lambda text: text
) -> str:
    """Sentence for a `Note` of a prediction or a loaded model."""
    return translate(_NOTES[code]).format(**_printable(parameters))


def _printable(parameters: Mapping[str, object]) -> dict[str, object]:
    """Names from a disk or a file may hold anything, such as what colours a terminal."""
    return {
        name: _CONTROL.sub(lambda found: ascii(found[0])[1:-1], value)
        if isinstance(value, str)
        else value
        for name, value in parameters.items()
    }
