"""Pictures that live in the browser: drawn and dragged there, heard of by Python on release."""
