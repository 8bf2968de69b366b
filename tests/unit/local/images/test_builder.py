"""What a build of the images prints."""

from local.images.builder import size_text


def test_size_of_an_image_is_the_sum_of_its_layers() -> None:
    assert size_text([126_813_696, 185_819_648, 3_072]) == "313 MB, layers: 127 + 186 + 0"
