"""The Filter: a tree of AND / OR / NOT over typed conditions on people. One definition for the API's query string,
the form, campaign audiences and every adapter."""
